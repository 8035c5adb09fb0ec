"""A flow decides what the whole way would: random messages and changes, with flows and without."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.frames.frame import Default, Message, Reach
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.policy.border import BorderPolicy, Crossing
from overlay.policy.export import ExportPolicy, encode_export
from overlay.quality.caps import Cap, CapsPolicy
from overlay.registry.peers.export_protocol import Exports
from overlay.transport.contract import Delivery
from tests.gateway.flow_rig import ACCESS, ANYONE, FEW, HOME, PEERS, Act, FakeLink, Rig
from tests.links import envelope

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


@settings(deadline=None, max_examples=30)
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
