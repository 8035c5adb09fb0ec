"""A gateway without brokers, with or without flows, that writes down what becomes of each message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

from bridges.border.border import Border
from bridges.border.exported import Exported
from bridges.border.origins import CheckRoots, Origins
from bridges.border.roster import Roster
from bridges.flows.inward import Inward
from bridges.flows.outward import Outward
from bridges.forwarding import Forwarding
from bridges.frames.cargo import Cargo
from bridges.frames.frame import Failure, Message
from bridges.inflow import Inflow
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.multicast.casting import Casting
from bridges.outflow import Outflow
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from bridges.within import Within
from overlay.policy.access import AccessPolicy, encode_policy
from overlay.policy.rule import Rule
from overlay.quality.caps import Cap
from overlay.token_bucket import TokenBucket
from overlay.transport.contract import Delivery, Transport
from tests.dict_registry import DictRegistry
from tests.links import link_settings

HOME, PEERS = "a.example", ("b.example", "c.example")
ANYONE = AccessPolicy(allow=(Rule(anyone=True),))
ACCESS = (
    ANYONE,
    AccessPolicy(allow=(Rule(anyone=True),), deny=(Rule(origins=("bob@b.example",)),)),
    AccessPolicy(allow=(Rule(anyone=True, organisation="Acme"),)),
)
FEW = Cap(messages_per_s=1e-6, burst_s=3e6)
"""Three, and then none for as long as anybody tests."""


def drive(waits: Awaitable[None] | None) -> None:
    """To its end: all that it waits for is a turn of the loop."""
    if waits is not None:
        steps = waits.__await__()
        while True:
            try:
                next(steps)
            except StopIteration:
                return


class FakeLine:
    """Of a peer, which is told what was refused."""

    over = ""
    crowded = False

    def __init__(self, trace: list[object]) -> None:
        self._trace = trace

    def refuse(self, failure: Failure) -> None:
        self._trace.append(failure)


class FakeLink:
    """Takes everything unless it is full."""

    online, state = True, "linked"
    trust: Any = None

    def __init__(self, domain: str, trace: list[object]) -> None:
        self.domain = domain
        self.full = False
        self.line = FakeLine(trace)
        self.messages = TokenBucket(1e-6, 20, 0.0)
        self._trace = trace

    def offer(self, cargo: Cargo) -> bool:
        if not self.full:
            transit = cargo.transit
            said = (cargo.header, cargo.envelope, transit, cargo.lane, cargo.weight, cargo.cast)
            self._trace.append((self.domain, said, cargo.brought is None))
        return not self.full


class FakeTransport:
    """Our broker, which sometimes makes publishers wait."""

    def __init__(self, trace: list[object]) -> None:
        self.busy = False
        self._trace = trace

    def publish_now(self, subject: str, payload: bytes) -> bool:
        if not self.busy:
            self._trace.append((subject, payload))
        return not self.busy

    async def publish(self, subject: str, payload: bytes) -> None:
        self._trace.append((subject, payload))


class Rig:
    """What a gateway decides by, and a trace of what it did."""

    def __init__(self, flows: int, now: float) -> None:
        self.trace: list[object] = []
        self.now = now
        self.counters: Counter[str] = Counter()
        chosen = link_settings(gateway_flows=flows, max_payload_bytes=65536)

        def clock() -> float:
            return self.now

        self.routes = Routes(HOME, chosen)
        self.registry = DictRegistry(HOME)
        self.roster = Roster(self.routes, self.registry, chosen, clock, self.counters)
        self.border, self.exported = Border(HOME), Exported()
        self.caps = Caps(HOME, self.roster.organisation_of, self.roster.takes_of)
        self.links = {peer: FakeLink(peer, self.trace) for peer in PEERS}
        links = cast("dict[str, Link]", self.links)
        self.transport = FakeTransport(self.trace)
        forwarding = Forwarding(self.routes, links, chosen, self.counters, self._complain)
        outward = Outward(self.border, self.caps, self.routes, links, chosen, self.counters)
        inward = Inward(self.border, self.caps, self.roster, self.exported, chosen, self.counters)
        within, casting = cast("Within", None), cast("Casting", None)
        own = (self.border, self.caps, forwarding, outward, within, chosen, clock, self.counters)
        self.outflow = Outflow(HOME, *own)
        self.inflow = Inflow(
            self.routes,
            cast("Transport", self.transport),
            self.roster,
            self.border,
            self.caps,
            self.exported,
            forwarding,
            casting,
            inward,
            Origins(HOME, PEERS, cast("CheckRoots", None), chosen),
            chosen,
            clock,
            self.counters,
        )
        for peer in PEERS:
            self.routes.link(peer)
            self.routes.up(peer, "line")
        self.show("anna", ANYONE)

    def _complain(self, header: object, error: Exception) -> None:
        self.trace.append((header, type(error)))

    def show(self, name: str, access: AccessPolicy) -> None:
        self.registry.access[f"{name}@{HOME}"] = encode_policy(access)
        self.registry.register(name)
        drive(self.roster._catch_up(0.0))

    def hide(self, name: str) -> None:
        self.registry.deregister(name)
        drive(self.roster._catch_up(0.0))

    def send(self, delivery: Delivery) -> None:
        drive(self.outflow.realtime(delivery))

    def bring(self, peer: str, message: Message) -> None:
        link = self.links[peer]
        drive(self.inflow.message(cast("Link", link), cast("Line", link.line), message))

    def said(self) -> tuple[object, ...]:
        """All that can be seen of it, but the flows."""
        counted = {name: count for name, count in self.counters.items() if count and "flows-" not in name}
        waiting = [one.arrival.header for one in cast("Any", self.inflow._queue)._queue]
        return self.trace, counted, waiting


Act = Callable[[Rig], None]
