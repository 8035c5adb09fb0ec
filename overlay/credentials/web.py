"""Documents of strangers over HTTPS: no redirects, no private addresses, bounded in time and size."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress

import httpx

from overlay.errors import BadCredential, BadSettings, TimedOut, Unreachable
from overlay.settings import Settings

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str], Awaitable[list[_Address]]]
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.88.99.0/24", "fec0::/10")
)
"""Those with an IPv4 address inside, to which a gateway may take us; that gateway; those of a site."""


class Absent(BadCredential):
    """The web server says that it has no such document."""


class HttpsWeb:
    """TLS is always verified. A host's addresses are looked up once, checked, and then connected to: a name
    that changes its mind between (DNS rebinding) gains nothing.
    """

    def __init__(self, settings: Settings, lookup: Lookup | None = None) -> None:
        """`lookup` says where a host is, else the system does. Raises BadSettings for `did_ca_file`."""
        self._settings = settings
        self._lookup = lookup or _by_system
        self._tls: ssl.SSLContext | None = self._context() if settings.did_ca_file else None

    async def get(self, url: str, media_types: Collection[str], limit: int) -> bytes:
        """What is at an https URL.

        Raises BadCredential (no https, a private address, a redirect, another type, too long; Absent: none is
        there), Unreachable, TimedOut.
        """
        try:
            async with asyncio.timeout(self._settings.did_timeout_s):
                return await self._get(_checked(url), media_types, limit)
        except TimeoutError as error:
            raise TimedOut(f"{url} did not answer in {self._settings.did_timeout_s:g} s") from error
        except (httpx.HTTPError, OSError) as error:
            raise Unreachable(f"{url} cannot be fetched: {error}") from error

    async def _get(self, url: httpx.URL, media_types: Collection[str], limit: int) -> bytes:
        self._tls = tls = self._tls or self._context()  # most never need one, and it takes a while to make
        *others, last = await self._addresses(url.host)
        async with httpx.AsyncClient(verify=tls, trust_env=False, follow_redirects=False) as client:
            for address in others:
                with suppress(httpx.ConnectError):
                    return await _fetch(client, url, address, media_types, limit)
            return await _fetch(client, url, last, media_types, limit)

    def _context(self) -> ssl.SSLContext:
        file = self._settings.did_ca_file
        tls = httpx.create_ssl_context(trust_env=False)
        if file:
            try:
                tls.load_verify_locations(file)
            except (OSError, ssl.SSLError) as error:
                raise BadSettings(f"did_ca_file {file} cannot be used: {error}") from error
        return tls

    async def _addresses(self, host: str) -> list[_Address]:
        addresses = await self._lookup(host)
        if not self._settings.did_private_addresses and not all(is_public(one) for one in addresses):
            raise BadCredential(
                f"malformed: {host} is at an address that is not public, and did_private_addresses is off"
            )
        return addresses


async def _fetch(
    client: httpx.AsyncClient, url: httpx.URL, address: _Address, media_types: Collection[str], limit: int
) -> bytes:
    headers = {
        "Host": url.netloc.decode(),
        "Accept": ", ".join(media_types),
        "Accept-Encoding": "identity",
    }
    at, name = url.copy_with(host=str(address)), {"sni_hostname": url.host}
    async with client.stream("GET", at, headers=headers, extensions=name) as answer:
        _check(answer, url, media_types)
        found = bytearray()
        async for part in answer.aiter_raw():
            found += part
            if len(found) > limit:
                raise BadCredential(f"malformed: {url} is longer than {limit} bytes")
        return bytes(found)


async def _by_system(host: str) -> list[_Address]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(item[4][0]) for item in found]


def is_public(address: _Address) -> bool:
    """Whether it is one of the Internet's, and not of this machine, its network, or a way there."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    hidden = any(address in network for network in _NOT_PUBLIC if network.version == address.version)
    return address.is_global and not address.is_multicast and not hidden


def _checked(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as error:
        raise BadCredential(f"malformed: {text[:80]!r} is no URL: {error}") from error
    if url.scheme != "https" or not url.host or url.userinfo:
        raise BadCredential(f"malformed: {text[:80]!r} is not fetched: only https is")
    return url


def _check(answer: httpx.Response, url: httpx.URL, media_types: Collection[str]) -> None:
    if answer.status_code >= 500:
        raise Unreachable(f"{url} answers {answer.status_code}")
    if answer.status_code in (404, 410):
        raise Absent(f"malformed: {url} answers {answer.status_code}: there is no such document")
    if answer.status_code != 200:
        raise BadCredential(f"malformed: {url} answers {answer.status_code}, and only 200 is taken")
    said = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in media_types:
        raise BadCredential(f"malformed: {url} is of the type {said[:80]!r}, not {' or '.join(media_types)}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadCredential(f"malformed: {url} is compressed, which was not asked for")
