"""Answers operators about our ways."""

from __future__ import annotations

from bridges.routing.explanation import explained, told
from bridges.routing.routes import Routes
from bridges.routing.tracing import Tracing
from overlay.desk import Desk
from overlay.gateway.protocol import Op
from overlay.gateway.routes import AskRoute, AskRoutes, AskTrace, RouteExplained, RoutesTold, RouteTraced
from overlay.trust.identity import Identity, Role


class RoutesDesk:
    """Of one process of the gateway."""

    def __init__(self, routes: Routes, tracing: Tracing, hops: int) -> None:
        self._routes = routes
        self._tracing = tracing
        self._hops = hops

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.ROUTES, (Role.OPERATOR,), AskRoutes, self._all)
        desk.on(Op.ROUTE, (Role.OPERATOR,), AskRoute, self._one)
        desk.on(Op.TRACE, (Role.OPERATOR,), AskTrace, self._trace)

    async def _all(self, _: Identity, ask: AskRoutes) -> RoutesTold:
        return told(self._routes, ask.after)

    async def _one(self, _: Identity, ask: AskRoute) -> RouteExplained:
        return explained(self._routes, ask.target, self._hops)

    async def _trace(self, _: Identity, ask: AskTrace) -> RouteTraced:
        return await self._tracing.trace(ask.target)
