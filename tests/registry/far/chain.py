"""Registries in a row: d knows its parent p only, p is peered with a. Gateways between them are calls."""

from __future__ import annotations

from overlay.errors import NotFound
from overlay.registry.far.protocol import AskFar, FarFound, FarTold, LookUp, Vouch
from overlay.registry.peers.protocol import Peer
from overlay.registry.peers.relation import Relation
from tests.ca.office import TurnedClock
from tests.registry.town import Town


class Chain:
    """`lie` changes what p tells d."""

    def __init__(self, d: Town, p: Town, a: Town) -> None:
        self.d, self.p, self.a = d, p, a
        self.asked: list[LookUp] = []
        self.by = p.domain
        self.told: FarTold | None = None
        """What p tells instead of the truth."""
        d.registry.far.lookup.ask = self.ask

    @classmethod
    async def opened(cls, relation: Relation = Relation.PARENT, introduces: tuple[str, ...] = ()) -> Chain:
        clock = TurnedClock()
        names = ("d.example", "p.example", "a.example")
        d, p, a = [await Town.opened(name, clock) for name in names]
        await d.neighbours.add(
            d.boss, Peer(p.domain, p.bundle.to_bytes(), relation=relation, introduces=introduces)
        )
        await p.peer_with(a)
        await a.peer_with(p)
        return cls(d, p, a)

    async def close(self) -> None:
        for town in (self.d, self.p, self.a):
            await town.store.close()

    async def ask(self, question: LookUp) -> FarFound:
        """As the gateways of d, p and a do."""
        self.asked.append(question)
        return FarFound(self.told or self.true(question), self.by)

    def true(self, question: LookUp) -> FarTold:
        domain, name = question.domain, question.name
        near = self.p.registry.far.telling
        asked = AskFar(domain, name, self.d.domain, (self.d.domain,))
        if not name and near.tell(asked).bundle:
            return near.tell(asked)
        if domain != self.a.domain:
            raise NotFound(f"there is no way to {domain}")
        further = AskFar(domain, name, self.p.domain, (self.d.domain, self.p.domain))
        return near.vouch(Vouch(self.a.registry.far.telling.tell(further), self.a.domain))
