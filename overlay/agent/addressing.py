"""From what an agent is called, by an ID, a DID or a URL, to the agent (GW-7)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from overlay.dns.lookup import DnsLookup
from overlay.errors import NotFound
from overlay.naming.address import AtHost, parse_address
from overlay.naming.ids import PartyId
from overlay.settings import Settings

_KEPT = 1000
Learn = Callable[[str], Awaitable[None]]
"""Trust a domain, if our registry knows it. Raises NotFound, Unavailable."""


class Addressing:
    """Of one process. A host that is no domain of ours, of a peer or a far one is looked up in the DNS."""

    def __init__(self, home: str, learn: Learn, settings: Settings) -> None:
        self._home = home
        self._learn = learn
        self._settings = settings
        self._hosts: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def party(self, to: PartyId | str) -> PartyId:
        """Raises BadName; NotFound: nobody knows that domain, or whose host it is; Refused, Unavailable."""
        if isinstance(to, PartyId):
            return to
        address = parse_address(to)
        return await self._at_host(address) if isinstance(address, AtHost) else address

    async def _at_host(self, address: AtHost) -> PartyId:
        until, domain = self._hosts.get(address.host, (0.0, ""))
        if until <= time.monotonic():
            domain = await self._domain_of(address.host)
            self._hosts.pop(address.host, None)
            self._hosts[address.host] = time.monotonic() + self._settings.far_record_s, domain
            if len(self._hosts) > _KEPT:
                self._hosts.popitem(last=False)
        return PartyId(address.name, domain)

    async def _domain_of(self, host: str) -> str:
        if host == self._home:
            return host
        try:
            await self._learn(host)
        except NotFound as error:
            return await self._by_dns(host, error)
        return host

    async def _by_dns(self, host: str, unknown: NotFound) -> str:
        try:
            domain = await DnsLookup(self._settings).domain_of_host(host)
        except NotFound as error:
            raise NotFound(f"{unknown}. Nor does the DNS say whose host {host} is: {error}") from error
        if domain not in (host, self._home):
            await self._learn(domain)
        elif domain == host:
            raise NotFound(f"{host} is a domain of the overlay by the DNS, but {unknown}") from unknown
        return domain
