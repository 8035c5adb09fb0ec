"""All about domains that are no peers, put together, and its desk."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.desk import Desk
from overlay.registry.acts import Acts
from overlay.registry.denials import Denials
from overlay.registry.far.believed import FarBelieved
from overlay.registry.far.hearing import FarHearing
from overlay.registry.far.lookup import FarLookup
from overlay.registry.far.protocol import (
    AskFar,
    AskFarDomains,
    FarDomain,
    FarDomains,
    FarForget,
    FarPin,
    FarTold,
    Introducing,
    Vouch,
)
from overlay.registry.far.telling import FarTelling, Home
from overlay.registry.peers.neighbours import Neighbours
from overlay.registry.peers.protocol import Peer
from overlay.registry.protocol import Op
from overlay.registry.state import State
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing


class Far:
    """Answers at a desk from `open` on."""

    def __init__(
        self,
        home: Home,
        acts: Acts,
        state: State,
        denials: Denials,
        neighbours: Neighbours,
        settings: Settings,
        clock: Clock,
    ) -> None:
        near, peers = neighbours.neighbour, neighbours.peers
        self._neighbours = neighbours
        self._settings = settings
        self.believed = FarBelieved(
            home.domain, acts, state, denials, near, lambda: bool(peers()), settings, clock
        )
        self.hearing = FarHearing(home.domain, self.believed, acts, state, denials, settings, clock)
        self.lookup = FarLookup(self.believed, self.hearing, settings, clock)
        self.telling = FarTelling(home, self.believed, denials)

    def open(self, desk: Desk) -> None:
        """Answer from now on."""
        gateway, operator = (Role.GATEWAY,), (Role.OPERATOR,)
        desk.on(Op.FAR_TELL, gateway, AskFar, self._tell)
        desk.on(Op.FAR_VOUCH, gateway, Vouch, self._vouch)
        desk.on(Op.FAR_PIN, operator, FarPin, self._pin)
        desk.on(Op.FAR_FORGET, operator, FarForget, self._forget)
        desk.on(Op.FAR_DOMAINS, operator, AskFarDomains, self._domains)
        desk.on(Op.INTRODUCING, operator, Introducing, self._introducing)

    async def _tell(self, _: Identity, ask: AskFar) -> FarTold:
        return self.telling.tell(ask)

    async def _vouch(self, _: Identity, ask: Vouch) -> FarTold:
        return self.telling.vouch(ask)

    async def _pin(self, sender: Identity, ask: FarPin) -> FarDomain:
        pinned = await self.hearing.pin(sender.party, ask)
        self._changed(ask.domain)
        return pinned

    async def _forget(self, sender: Identity, ask: FarForget) -> Nothing:
        await self.hearing.forget(sender.party, ask.domain)
        self._changed(ask.domain)
        return Nothing()

    async def _domains(self, _: Identity, ask: AskFarDomains) -> FarDomains:
        found = self.believed.all(ask.after)
        page = found[: self._settings.registry_page]
        return FarDomains(tuple(page), more=len(page) < len(found))

    async def _introducing(self, sender: Identity, ask: Introducing) -> Peer:
        peer = await self._neighbours.set_introducing(sender.party, ask)
        self.lookup.remembered.forget_missing()
        return peer

    def _changed(self, domain: str) -> None:
        self.lookup.remembered.forget_domain(domain)
        self.lookup.remembered.forget_missing()
