"""The gateway as a service: what it is asked by its own domain."""

from __future__ import annotations

import logging

from bridges.control.link_report import link_report
from bridges.gateway import Gateway
from bridges.quality.desk import CapsDesk
from bridges.routing.desk import RoutesDesk
from overlay.audit import DONE
from overlay.desk import Desk
from overlay.endpoint.endpoint import Endpoint
from overlay.gateway.protocol import Links, Op
from overlay.naming.ids import GATEWAY
from overlay.registry.far.protocol import FarFound, LookUp
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing

_log = logging.getLogger(__name__)


class LoggedNotes:
    """A `Notebook`: the gateway keeps no audit log of its own, what is refused stands in its log."""

    def note(self, who: str, what: str, about: str, outcome: str = DONE) -> None:
        """See `Notebook`."""
        if outcome != DONE:
            _log.warning("%s asked %s of %s: %s", who, what, about, outcome)


class ControlDesk:
    """Of one process. `serve`, then it answers."""

    def __init__(self, endpoint: Endpoint, gateway: Gateway) -> None:
        self._endpoint = endpoint
        self._gateway = gateway
        self.desk = Desk(GATEWAY, endpoint.me.domain, LoggedNotes())
        """Other rooms open their operations here."""
        self.desk.on(Op.LOOKUP, (Role.SERVICE,), LookUp, self._look_up)
        RoutesDesk(gateway.routes, gateway.tracing, endpoint.settings.gateway_hops).open(self.desk)
        CapsDesk(gateway.caps, gateway.routes, endpoint.settings.gateway_hops).open(self.desk)
        self.desk.on(Op.LINKS, (Role.OPERATOR, Role.SERVICE), Nothing, self._links)

    async def serve(self) -> None:
        """Begin to answer. Raises Refused."""
        await self._endpoint.serve_service(GATEWAY, self.desk.handle)

    async def _look_up(self, _: Identity, ask: LookUp) -> FarFound:
        return await self._gateway.lookups.look_up(ask)

    async def _links(self, _: Identity, __: Nothing) -> Links:
        gateway = self._gateway
        links = tuple(link_report(link) for link in gateway.peers.links.values())
        siblings = gateway.peers.siblings
        return Links(siblings.process, siblings.told().slots, links, dict(gateway.counters))
