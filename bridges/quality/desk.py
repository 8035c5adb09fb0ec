"""What the operator asks about caps: which of them a message meets, and how much is left now."""

from __future__ import annotations

import time

from bridges.quality.caps import Caps, Way
from bridges.routing.routes import Routes
from bridges.routing.transit import departing
from overlay.desk import Desk
from overlay.errors import BadInput
from overlay.gateway.protocol import AskCaps, CapLeft, CapsTold, Op
from overlay.naming.ids import PartyId
from overlay.quality.bucket import Step
from overlay.trust.identity import Identity, Role


class CapsDesk:
    """Of one process of the gateway, for its part of each cap."""

    def __init__(self, caps: Caps, routes: Routes, hops: int) -> None:
        self._caps = caps
        self._routes = routes
        self._hops = hops

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.CAPS, (Role.OPERATOR, Role.SERVICE), AskCaps, self._explain)

    async def _explain(self, _: Identity, ask: AskCaps) -> CapsTold:
        sender, to = PartyId.parse(ask.sender), PartyId.parse(ask.to)
        home, now = self._routes.domain, time.monotonic()
        if (sender.domain == home) == (to.domain == home):
            raise BadInput(f"caps are about what crosses the border of {home}: name one agent of each side")
        peer = sender.domain
        if sender.domain == home:
            transit = departing(home, self._hops, float("inf"))
            peer = self._routes.next_hop(to.domain, transit)
        way = self._caps.way(str(sender), str(to), peer, now)
        return _told(way, self._caps, peer, now)


def _told(way: Way, caps: Caps, peer: str, now: float) -> CapsTold:
    steps = tuple(_left(step, now) for step in way.steps)
    critical = tuple(_left(step, now) for step in way.critical)
    return CapsTold(peer, round(1 / caps.part), way.weight, caps.policy.beyond, steps, critical)


def _left(step: Step, now: float) -> CapLeft:
    bucket, sharer, weight, _ = step
    return CapLeft(bucket.name, bucket.rate, bucket.burst, bucket.left(now), sharer, weight)
