"""Several domains in memory whose gateways are linked as a test says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

from bridges.links.peer import Peer
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import mailboxes_of_link
from overlay.registry.peers.relation import Relation, Standing
from overlay.registry.peers.routes import ConfiguredRoutes, Route
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Delivery, Transport
from overlay.transport.memory import MemoryTransport
from tests.dict_registry import eventually
from tests.links import Side, link_settings

CONVERSE = {
    Relation.PEER: Relation.PEER,
    Relation.PARENT: Relation.CHILD,
    Relation.CHILD: Relation.PARENT,
}


class Web:
    """`link` them, then `start`. Domains are called by their first letter: `a` is a.example."""

    def __init__(self, names: str, **changes: object) -> None:
        settings = link_settings(route_pause_s=0.0, **changes)
        self.sides = {name: Side(f"{name}.example", settings) for name in names}
        self.links: list[tuple[str, str]] = []
        for side in self.sides.values():
            side.dial = self._dial(side)

    def __getitem__(self, name: str) -> Side:
        return self.sides[name]

    def link(
        self, here: str, there: str, relation: Relation = Relation.PEER, *, transit: bool = False
    ) -> None:
        """`there` is this to `here`, which dials it."""
        self.links.append((here, there))
        self._peer(here, there, Standing(relation, transit), dials=True)
        self._peer(there, here, Standing(CONVERSE[relation], transit), dials=False)

    def stand(self, here: str, there: str, standing: Standing) -> None:
        """From now on `there` is this to `here`."""
        registry = self[here].registry
        registry.peer_list = [
            replace(peer, standing=standing) if peer.domain == self[there].name else peer
            for peer in registry.peer_list
        ]

    def via(self, here: str, **hops: str) -> None:
        """The operator of `here` says by which domain others are reached."""
        routes = tuple(Route(f"{to}.example", (f"{hop}.example",)) for to, hop in hops.items())
        self[here].registry.configured_routes = ConfiguredRoutes(routes)

    async def start(self) -> None:
        for side in self.sides.values():
            await side.start()
        for here, there in self.links:
            await self.linked(here, there)

    async def linked(self, here: str, there: str) -> None:
        await eventually(lambda: self._online(here, there) and self._online(there, here))

    async def knows(self, here: str, *there: str) -> None:
        """Returns when `here` has been told of ways to these, and to no others."""
        wanted = {f"{name}.example" for name in there}
        await eventually(lambda: self[here].gateway.routes.domains() == wanted)

    def cut(self, here: str, there: str) -> None:
        """Nothing gets through between them any more, and their lines are over."""
        dialler, names = self[here], {link_name(self[here].name)}

        def lose(delivery: Delivery) -> bool:
            return not names.isdisjoint(delivery.subject.split("."))

        self[there].domain.broker.lose = lose
        for side, other in ((dialler, self[there]), (self[there], dialler)):
            for line in side.gateway.peers.links[other.name].lines:
                line.end("it was cut")

    def mend(self, there: str) -> None:
        """All that was cut at the broker of `there`."""
        self[there].domain.broker.lose = lambda _: False

    async def close(self) -> None:
        for side in self.sides.values():
            await side.close()

    def _peer(self, here: str, there: str, standing: Standing, *, dials: bool) -> None:
        one, other = self[here], self[there]
        one.domain.broker.ensure(mailboxes_of_link(link_name(other.name)))
        addresses = (BrokerAddress.parse(f"memory://{other.name}"),) if dials else ()
        peer = Peer(other.name, other.domain.bundle, GATEWAY, addresses, standing=standing)
        one.registry.peer_list = [*one.registry.peer_list, peer]

    def _online(self, here: str, there: str) -> bool:
        link = self[here].gateway.peers.links.get(self[there].name)
        return link is not None and link.online

    def _dial(self, here: Side) -> Callable[..., Awaitable[Transport]]:
        async def dial(peer: Peer, *_: object) -> Transport:
            there = self.sides[peer.domain.partition(".")[0]]
            name = link_name(here.name)
            return await MemoryTransport.connect(there.domain.broker, name, here.settings, here._on_error)

        return dial


@asynccontextmanager
async def web(names: str, **changes: object) -> AsyncIterator[Web]:
    """Not linked, and not started."""
    made = Web(names, **changes)
    try:
        yield made
    finally:
        await made.close()


@asynccontextmanager
async def chain(names: str, **changes: object) -> AsyncIterator[Web]:
    """Peers that carry for each other: `abc` is a – b – c. Everybody knows the way to everybody."""
    async with web(names, **changes) as made:
        for here, there in pairwise(names):
            made.link(here, there, transit=True)
        await made.start()
        for name in names:
            await made.knows(name, *(set(names) - {name}))
        yield made
