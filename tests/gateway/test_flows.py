"""A flow decides what the whole way would: random messages and changes, with flows and without."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.border.border import Border
from bridges.border.exported import Exported
from bridges.border.origins import CheckRoots, Origins
from bridges.border.roster import Roster
from bridges.flows.inward import Inward
from bridges.flows.outward import Outward
from bridges.forwarding import Forwarding
from bridges.frames.cargo import Cargo
from bridges.frames.frame import Default, Failure, Message, Reach
from bridges.inflow import Inflow
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.multicast.casting import Casting
from bridges.outflow import Outflow
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from bridges.within import Within
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.policy.access import AccessPolicy, encode_policy
from overlay.policy.border import BorderPolicy, Crossing
from overlay.policy.export import ExportPolicy, encode_export
from overlay.policy.rule import Rule
from overlay.quality.caps import Cap, CapsPolicy
from overlay.registry.peers.export_protocol import Exports
from overlay.token_bucket import TokenBucket
from overlay.transport.contract import Delivery, Transport
from tests.dict_registry import DictRegistry
from tests.links import envelope, link_settings

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
NOW = time.time()
lanes = st.sampled_from([Priority.NORMAL, Priority.NORMAL, Priority.CRITICAL])
slots = st.sampled_from(["", "", "s1"])
usually = st.sampled_from([True] * 7 + [False])


@st.composite
def departing(draw: st.DrawFn) -> Act:
    domain, name = draw(st.sampled_from([*PEERS, "d.example"])), draw(st.sampled_from(["bob", "dora"]))
    author, lane = draw(st.sampled_from(["anna", "carl"])), draw(lanes)
    subject = str(ToDomain(Class.REALTIME, lane, domain, name, author))
    sender = f"{author}@{HOME}" if draw(usually) else f"bob@{HOME}"
    _, payload = envelope(
        sender,
        f"{name}@{domain}" if draw(usually) else "dora@b.example",
        bytes(10 if draw(usually) else 58000),
        priority=lane if draw(usually) else Priority.BULK,
        cls=Class.REALTIME if draw(usually) else Class.RELIABLE,
        slot=draw(slots),
        deadline_ms=int((NOW + draw(st.sampled_from([50, 1e4]))) * 1000),
    )
    delivery = Delivery(subject, payload if draw(usually) else payload[:30])
    return lambda rig: rig.send(delivery)


@st.composite
def arriving(draw: st.DrawFn) -> Act:
    peer, lane = draw(st.sampled_from(PEERS)), draw(lanes)
    home = peer if draw(usually) else draw(st.sampled_from(["d.example", HOME]))
    _, payload = envelope(
        f"{draw(st.sampled_from(['bob', 'gw']))}@{home}",
        draw(
            st.sampled_from([f"anna@{HOME}", f"anna@{HOME}", f"carl@{HOME}", f"gw@{HOME}", "bob@b.example"])
        ),
        b"sealed",
        priority=lane,
        slot=draw(slots),
        deadline_ms=int((NOW + draw(st.sampled_from([50, 1e4]))) * 1000),
    )
    message = Message(
        0 if draw(usually) else 1,
        Class.REALTIME,
        lane if draw(usually) else Priority.BULK,
        draw(st.sampled_from([60_000, 60_000, 0, -5])),
        draw(st.sampled_from([8, 8, 1, 0])),
        (home,) if draw(usually) else (home, peer),
        payload if draw(usually) else payload[:30],
    )
    return lambda rig: rig.bring(peer, message)


def act(do: Callable[[Rig], object]) -> st.SearchStrategy[Act]:
    return st.just(lambda rig: cast("None", do(rig)))


def _border(policy: BorderPolicy) -> Act:
    return lambda rig: setattr(rig.border, "policy", policy)


def _exports(policy: ExportPolicy, mark: str) -> Act:
    return lambda rig: rig.exported.take(Exports(mark, encode_export(policy), {}))


def _new_link(rig: Rig) -> None:
    rig.links["b.example"] = FakeLink("b.example", rig.trace)


def _full(rig: Rig) -> None:
    rig.links["c.example"].full = not rig.links["c.example"].full


changes = st.one_of(
    st.sampled_from(
        [
            _border(BorderPolicy()),
            _border(BorderPolicy(departures="deny")),
            _border(BorderPolicy(deny=(Crossing(origins=("bob@b.example",)),))),
            _border(BorderPolicy(arrivals="deny")),
            _exports(ExportPolicy(), "all"),
            _exports(ExportPolicy(others="deny"), "none"),
        ]
    ),
    st.sampled_from(ACCESS).map(lambda access: lambda rig: rig.show("anna", access)),
    act(lambda rig: rig.hide("anna")),
    act(lambda rig: rig.show("carl", ANYONE)),
    act(lambda rig: rig.caps.use(CapsPolicy(), 1)),
    act(lambda rig: rig.caps.use(CapsPolicy(agent=FEW, stranger=FEW), 1)),
    act(lambda rig: rig.caps.use(CapsPolicy(agent=Cap(critical_per_s=0.0, weight=3)), 1)),
    act(lambda rig: rig.routes.down("b.example", "line")),
    act(lambda rig: rig.routes.up("b.example", "line")),
    act(lambda rig: rig.routes.unlink("c.example")),
    act(lambda rig: rig.routes.link("c.example")),
    act(
        lambda rig: rig.routes.take(
            "b.example", "line", Reach((("b.example", "d.example"),), default=Default.NONE, full=True)
        )
    ),
    act(lambda rig: rig.routes.learn("d.example", "c.example")),
    act(_new_link),
    act(
        lambda rig: (
            rig.links.pop("c.example") and rig.links.setdefault("c.example", FakeLink("c.example", rig.trace))
        )
    ),
    act(_full),
    act(lambda rig: setattr(rig.transport, "busy", not rig.transport.busy)),
    act(lambda rig: setattr(rig, "now", rig.now + 40)),
)
again = st.integers(2, 4)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.one_of(st.tuples(departing(), again), st.tuples(arriving(), again), st.tuples(changes, st.just(1)))
    )
)
def test_flows_decide_as_the_whole_way_does(acts: list[tuple[Act, int]]) -> None:  # GW-4, GW-15, GW-17
    plain, quick, few = (Rig(flows, NOW) for flows in (0, 1000, 2))
    for do, times in acts:
        for rig in (plain, quick, few):
            for _ in range(times):
                do(rig)
    assert quick.said() == plain.said()
    assert few.said() == plain.said()


def test_messages_alike_take_a_flow_until_something_changes() -> None:  # GW-4
    rig = Rig(10, NOW)
    _, payload = envelope(f"anna@{HOME}", "bob@b.example")
    delivery = Delivery(str(ToDomain(Class.REALTIME, Priority.NORMAL, "b.example", "bob", "anna")), payload)
    for _ in range(3):
        rig.send(delivery)
    rig.border.policy = BorderPolicy(departures="deny")
    rig.send(delivery)
    counted = rig.counters
    assert (counted["flows-begun"], counted["flows-void"], counted["out-realtime"]) == (1, 1, 3)
    assert counted["departure-not-permitted"] == 1
