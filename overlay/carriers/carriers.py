"""An agent's carriers beside the broker: where it takes messages over HTTP, and whom it reaches so."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from overlay.carriers.client import HttpAddress, HttpCarrier
from overlay.carriers.self_signed import self_signed
from overlay.carriers.server import HttpServer
from overlay.carriers.site import Site
from overlay.carriers.tls import server_context, show, trust
from overlay.clock import DAY_S
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler
from overlay.errors import BadInput, BadSettings, NotFound, OverlayError
from overlay.naming.ids import PartyId, check_domain
from overlay.private_files import write_private
from overlay.registry.record import HTTP_INTERFACE, Interface, Record

Tell = Callable[[Interface], Awaitable[None]]


class Carriers:
    """A `Work`."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self._endpoint = endpoint
        self._file = folder / "http.pem"
        self._context: ssl.SSLContext | None = None
        self._used: dict[PartyId, HttpCarrier] = {}
        self._server: HttpServer | None = None
        self._serving: asyncio.Task[None] | None = None
        self._hosts: Sequence[str] = ()
        self._domains: frozenset[str] = frozenset()
        self._shown = b""
        self._until = 0.0
        self._trusted = -1

    async def serve(self, where: str, domains: Sequence[str], public: str, tell: Tell) -> str:
        """See `Agent.serve_http`. `tell` enters the interface in the registry."""
        if self._server is not None:
            raise BadInput("this agent serves HTTP already")
        self._endpoint.carriers.check_direct()
        host, port = _listening(where)
        self._domains = frozenset({self._endpoint.me.domain, *(check_domain(domain) for domain in domains)})
        for domain in self._domains - {self._endpoint.me.domain}:
            await self._endpoint.learn_domain(domain)
        endpoint = self._endpoint
        context = server_context()
        site = Site(endpoint.carriers, endpoint.settings, self._domains, endpoint.counters)
        server = HttpServer(site, context, endpoint.settings, endpoint.counters, log_error)
        bound = server.open(host, port)
        try:
            address = HttpAddress.parse(public) if public else HttpAddress(*bound)
            self._hosts = tuple(dict.fromkeys((address.host, bound[0])))
            self._context = context
            await self._refresh(context)
            self._server = server
            self._serving = asyncio.create_task(server.run(), name=f"http of {endpoint.me}")
            await tell(_interface(str(address)))
        except BaseException:
            await self._stop(server)
            raise
        return str(address)

    async def use(self, to: PartyId, address: str) -> str:
        """See `Agent.use_http`."""
        found = HttpAddress.parse(address)
        self._endpoint.carriers.check_direct()
        carrier = HttpCarrier(found, lambda: self._endpoint.party.credentials, self._endpoint.settings)
        await self._put(to, carrier)
        return str(found)

    async def use_broker(self, to: PartyId) -> None:
        """See `Agent.use_broker`."""
        await self._put(to, None)

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return {}

    async def begin(self) -> None:
        """See `overlay.agent.work`."""

    async def run(self) -> None:
        """See `overlay.agent.work`: after a renewal show the new key, and let in clients of new roots."""
        while True:
            await asyncio.sleep(self._endpoint.settings.http_refresh_s)
            if self._serving is not None and self._serving.done():
                self._serving.result()  # why it ended
            if self._context is not None:
                try:
                    await self._refresh(self._context)
                except OverlayError as error:
                    log_error("certificate of the HTTP server", error)

    async def close(self) -> None:
        """See `overlay.agent.work`."""
        if self._server is not None:
            await self._stop(self._server)
        for to in list(self._used):
            await self._put(to, None)

    async def _put(self, to: PartyId, carrier: HttpCarrier | None) -> None:
        self._endpoint.carriers.use(to, carrier)
        before = self._used.pop(to, None)
        if carrier is not None:
            self._used[to] = carrier
        if before is not None:
            await before.close()

    async def _stop(self, server: HttpServer) -> None:
        self._server = self._context = None
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
            self._serving = None
        await server.close()

    async def _refresh(self, context: ssl.SSLContext) -> None:
        party, settings = self._endpoint.party, self._endpoint.settings
        now, own = party.clock(), party.credentials
        if self._shown != own.der or now > self._until:
            days = settings.http_certificate_days
            pem = self_signed(own, self._hosts, now, days)
            show(context, pem, own)
            await asyncio.to_thread(write_private, self._file, pem)
            self._shown, self._until = own.der, now + days * DAY_S / 2
        store = self._endpoint.trust
        if self._trusted != store.version:
            known = self._domains & store.domains
            trust(context, (root for domain in known for root in store.bundle(domain).roots))
            self._trusted = store.version


def address_in(record: Record) -> str:
    """Where this agent takes messages over HTTP. Raises NotFound."""
    for one in record.profile.interfaces:
        if one.id == HTTP_INTERFACE and one.address:
            return one.address
    raise NotFound(f"{record.party} told the registry of no HTTP address: give one, or let it serve_http")


def _listening(where: str) -> tuple[str, int]:
    """From `host:port`. Raises BadSettings."""
    parts = urlsplit(f"//{where}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadSettings(f"{where!r} is no host:port to listen on: {error}") from error
    if not host or port is None or parts.path:
        raise BadSettings(f"{where!r} is no host:port to listen on; port 0 takes a free one")
    return host, port


def _interface(address: str) -> Interface:
    return Interface(
        HTTP_INTERFACE,
        protocol="https",
        address=address,
        description="sealed envelopes, or requests in any media type, with mutual TLS: docs/carriers.md",
    )
