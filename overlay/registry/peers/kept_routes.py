"""The operator's next hops, kept because gateways on any machine ask the registry anyway (GW-8)."""

from __future__ import annotations

from overlay.desk import Desk
from overlay.errors import Refused
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.peers.routes import (
    ConfiguredRoutes,
    SetRoutes,
    check_routes,
    decode_routes,
    encode_routes,
)
from overlay.registry.protocol import Op
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Note, Write
from overlay.registry.storage.keys import ROUTES, key
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing


class KeptRoutes:
    """Of one domain."""

    def __init__(self, domain: str, acts: Acts, state: State) -> None:
        self._domain = domain
        self._acts = acts
        self._state = state
        self.routes = ConfiguredRoutes()
        state.on(ROUTES, self._take)

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.ROUTES, (Role.GATEWAY, Role.OPERATOR), Nothing, self._get)
        desk.on(Op.ROUTES_SET, (Role.OPERATOR,), SetRoutes, self._set)

    async def set(self, by: PartyId, ask: SetRoutes) -> ConfiguredRoutes:
        """From now on these. Raises BadName, BadInput; Refused when those that were are others by now."""
        routes = check_routes(ask.routes, self._domain)
        stored = key(ROUTES)

        def decide() -> Decision[None]:
            if ask.was != self.routes:
                raise Refused(
                    "the routes were changed meanwhile: look at them (overlay route list), try again"
                )
            note = Note(str(by), "routes", self._state.log)
            write = Write(stored, encode_routes(routes), self._state.revision_of(stored))
            return Decision(None, (write,), (note,))

        await self._acts.do(decide)
        return self.routes

    async def _get(self, _: Identity, __: Nothing) -> ConfiguredRoutes:
        return self.routes

    async def _set(self, sender: Identity, ask: SetRoutes) -> ConfiguredRoutes:
        return await self.set(sender.party, ask)

    def _take(self, entry: Entry) -> None:
        self.routes = decode_routes(entry.value or b"")
