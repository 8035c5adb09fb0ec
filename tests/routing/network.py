"""Gateways in memory that only tell each other ways and hand messages on; whatever happens is a step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random

from bridges.frames.frame import Reach
from bridges.routing.routes import Routes
from bridges.routing.telling import Telling
from bridges.routing.transit import Transit, arrived, departing
from overlay.errors import OverlayError
from overlay.registry.peers.relation import Relation, Standing
from overlay.settings import Settings

CONVERSE = {
    Relation.PEER: Relation.PEER,
    Relation.PARENT: Relation.CHILD,
    Relation.CHILD: Relation.PARENT,
}
HOPS = 16
SETTINGS = Settings(gateway_hops=HOPS)


class NoEnd(AssertionError):
    """They tell each other news without end."""


@dataclass
class Wire:
    """One direction of a link that is up: what was told and is under way."""

    telling: Telling
    line: str
    items: deque[Reach] = field(default_factory=deque)


@dataclass
class Flight:
    """A message on its way."""

    to: str
    here: str
    transit: Transit
    refusal: OverlayError | None = None

    @property
    def there(self) -> bool:
        return self.here == self.to

    @property
    def over(self) -> bool:
        return self.there or self.refusal is not None


class Network:
    """Domains, each with its routes. Time stands still unless `now` is set."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = 0.0
        self.nodes: dict[str, Routes] = {}
        self.links: list[tuple[str, str]] = []
        self.wires: dict[tuple[str, str], Wire] = {}
        self.flights: list[Flight] = []
        self._lines = 0

    def node(self, domain: str) -> Routes:
        if domain not in self.nodes:
            self.nodes[domain] = Routes(domain, SETTINGS, lambda: self.now)
        return self.nodes[domain]

    def link(
        self, here: str, there: str, relation: Relation = Relation.PEER, *, transit: bool = False
    ) -> None:
        """`there` is this to `here`; and the other way round."""
        self.node(here).link(there, Standing(relation, transit))
        self.node(there).link(here, Standing(CONVERSE[relation], transit))
        self.links.append((here, there))

    def up(self, link: tuple[str, str]) -> None:
        if self.is_up(link):
            return
        self._lines += 1
        for here, there in (link, link[::-1]):
            self.wires[here, there] = Wire(Telling(self.nodes[here], there), f"line {self._lines}")
            self.nodes[here].up(there, f"line {self._lines}")

    def down(self, link: tuple[str, str]) -> None:
        """What is under way is lost."""
        if not self.is_up(link):
            return
        for here, there in (link, link[::-1]):
            self.nodes[here].down(there, self.wires.pop((here, there)).line)

    def is_up(self, link: tuple[str, str]) -> bool:
        return link in self.wires

    def turn(self) -> None:
        """One of the links comes or goes."""
        link = self.random.choice(self.links)
        (self.down if self.is_up(link) else self.up)(link)

    def exchange(self) -> bool:
        """One gateway tells one peer what is new, or one item arrives; False: nobody has anything to tell."""
        ways = list(self.wires.items())
        first = self.random.randrange(len(ways)) if ways else 0
        for (here, there), wire in (*ways[first:], *ways[:first]):
            wire.items.extend(wire.telling.next())
            if wire.items:
                self.nodes[there].take(here, wire.line, wire.items.popleft())
                return True
        return False

    def converge(self) -> None:
        """Until there is no news. Raises NoEnd."""
        for _ in range(60 * len(self.nodes) * max(1, len(self.links))):
            if not self.exchange():
                return
        raise NoEnd(f"{len(self.nodes)} domains with {len(self.links)} links do not come to rest")

    def send(self, here: str, to: str) -> Flight:
        flight = Flight(to, here, departing(here, HOPS, 0.0))
        self.flights.append(flight)
        return flight

    def move(self, flight: Flight) -> None:
        """One hop, as gateways do it."""
        try:
            hop = self.nodes[flight.here].next_hop(flight.to, flight.transit)
            if not self.is_up((flight.here, hop)):
                raise Unlinked(f"{flight.here} is not linked with {hop}")
            before = flight.transit
            if not self.nodes[hop].may_bring(flight.here, before.path[0]):
                raise Foreign(f"{flight.here} may not bring {before.path[0]} to {hop}")
            flight.transit = arrived(hop, before.hops, before.path, 0.0)
            flight.here = hop
        except OverlayError as error:
            flight.refusal = error

    def deliver(self, here: str, to: str) -> Flight:
        """Hop by hop until it is there, or refused."""
        flight = self.send(here, to)
        while not flight.over:
            self.move(flight)
        return flight


class Unlinked(OverlayError):
    """The next hop is not there now: the message waits."""


class Foreign(OverlayError):
    """Nobody told the receiver that this domain comes so."""
