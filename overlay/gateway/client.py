"""Asking the gateway: the registry and operators do."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import msgspec

from overlay.endpoint.endpoint import Endpoint
from overlay.gateway.protocol import AskCaps, CapsTold, Links, Op
from overlay.gateway.routes import (
    AskRoute,
    AskRoutes,
    AskTrace,
    RouteExplained,
    RoutesTold,
    RouteTold,
    RouteTraced,
)
from overlay.naming.ids import GATEWAY
from overlay.registry.far.protocol import FarFound, LookUp
from overlay.wire.request import Nothing, decode_struct, encode_struct

T = TypeVar("T", bound=msgspec.Struct)
_ROUNDS = 8


class GatewayClient:
    """The gateway of the endpoint's domain. Every method raises what `Endpoint.ask_service` raises."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def links(self) -> Links:
        """How the links of one of its processes stand."""
        return await self.ask(Op.LINKS, Nothing(), Links)

    async def all_links(self) -> list[Links]:
        """The same of every process: each question goes to whichever is free, so several are asked until all
        have answered, or `_ROUNDS` times. In order of their slots.
        """
        found: dict[str, Links] = {}
        for _ in range(_ROUNDS):
            wanted = max((len(links.processes) for links in found.values()), default=2)
            for links in await asyncio.gather(*(self.links() for _ in range(2 * wanted))):
                found[links.process] = links
            if set(found) >= {process for links in found.values() for process in links.processes}:
                break
        return [found[process] for process in sorted(found)]

    async def look_up(self, ask: LookUp) -> FarFound:
        """What other gateways know of a domain that is no peer. Raises NotFound, Refused as well."""
        limit_s = self._endpoint.settings.far_timeout_s
        return await self.ask(Op.LOOKUP, ask, FarFound, limit_s)

    async def routes(self) -> list[RouteTold]:
        """All ways to other domains, as one of its processes knows them."""
        found: list[RouteTold] = []
        more = True
        while more:
            page = await self.ask(Op.ROUTES, AskRoutes(found[-1].destination if found else ""), RoutesTold)
            found += page.routes
            more = page.more
        return found

    async def route(self, target: str) -> RouteExplained:
        """Where a message goes, and why. Raises BadName as well."""
        return await self.ask(Op.ROUTE, AskRoute(target), RouteExplained)

    async def trace(self, target: str) -> RouteTraced:
        """Which gateways answer on the way. Raises BadName, BadInput, Overloaded as well."""
        settings = self._endpoint.settings
        limit_s = settings.route_trace_s + settings.ask_timeout_s
        return await self.ask(Op.TRACE, AskTrace(target), RouteTraced, limit_s)

    async def caps(self, sender: str, to: str) -> CapsTold:
        """Which caps a message meets, and how much of them is left."""
        return await self.ask(Op.CAPS, AskCaps(sender, to), CapsTold)

    async def ask(
        self, operation: Op, question: msgspec.Struct, answer: type[T], timeout_s: float | None = None
    ) -> T:
        """Any question to whichever process is free."""
        body = encode_struct(question)
        return decode_struct(
            await self._endpoint.ask_service(GATEWAY, operation, body, timeout_s=timeout_s), answer
        )
