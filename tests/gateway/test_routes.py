"""Routes end, whatever was configured; and who may come in (GW-7, GW-8)."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.border.arrival import check_arrival
from bridges.border.departure import Foreign
from bridges.frames.frame import Message
from bridges.routing.routes import NoRoute, Routes
from bridges.routing.transit import Looped, TooFar, arrived, departing
from overlay.errors import BadEnvelope, Expired, NotFound, OverlayError
from overlay.naming.subjects import Class, Priority
from tests.links import envelope

DOMAINS = [f"d{number}.example" for number in range(6)]
edges = st.lists(st.tuples(st.sampled_from(DOMAINS), st.sampled_from(DOMAINS)), max_size=20)
vias = st.lists(st.tuples(*[st.sampled_from(DOMAINS)] * 3), max_size=20)
parents = st.lists(st.sampled_from(["", *DOMAINS]), min_size=6, max_size=6)


@settings(deadline=None, max_examples=100)
@given(edges, vias, parents, st.integers(1, 8))
def test_whatever_is_configured_no_message_goes_round_in_circles(
    links: list[tuple[str, str]], configured: list[tuple[str, str, str]], up: list[str], hops: int
) -> None:
    routes = {domain: Routes(domain, parent) for domain, parent in zip(DOMAINS, up, strict=True)}
    for one, two in links:
        routes[one].link(two)
    for here, there, hop in configured:
        routes[here].via(there, hop)
    here, transit, seen = DOMAINS[0], departing(DOMAINS[0], hops, 0.0), [DOMAINS[0]]
    try:
        while here != DOMAINS[-1]:
            here = routes[here].next_hop(DOMAINS[-1], transit)
            transit = arrived(here, transit.hops, transit.path, 0.0)
            seen.append(here)
    except (NoRoute, Looped, TooFar):
        seen.append("refused")
    assert len(set(seen)) == len(seen) <= hops + 2


def test_a_direct_peer_comes_before_a_configured_hop_and_that_before_the_parent() -> None:
    routes, transit = Routes("a.example", "p.example"), departing("a.example", 8, 0.0)
    for peer in ("b.example", "p.example"):
        routes.link(peer)
    routes.via("c.example", "b.example")
    asked = ("b.example", "c.example", "z.example")
    assert [routes.next_hop(domain, transit) for domain in asked] == ["b.example", "b.example", "p.example"]
    routes.unlink("p.example")
    with pytest.raises(NoRoute):
        routes.next_hop("z.example", transit)


def message(**changes: object) -> Message:
    plain = Message(0, Class.REALTIME, Priority.NORMAL, 60_000, 8, ("a.example",), b"")
    return msgspec.structs.replace(plain, **changes)


def refused(kind: type[OverlayError], carried: Message, **header: object) -> None:
    made, _ = envelope("alice@a.example", "bob@b.example", b"sealed", **header)
    with pytest.raises(kind):
        check_arrival(carried, made, "a.example", "b.example", time.time(), 5.0)


def test_a_peer_speaks_for_its_own_domain_only() -> None:  # GW-17
    refused(Foreign, message(), sender="carol@c.example")
    refused(Foreign, message(), sender="bob@b.example")
    refused(Foreign, message(path=("c.example",)))
    refused(Foreign, message(path=("a.example", "c.example")))


def test_only_agents_of_ours_are_reached_from_outside() -> None:
    refused(NotFound, message(), to="bob@c.example")
    for name in ("ca", "registry", "gw", "operator", "link-x"):
        refused(NotFound, message(), to=f"{name}@b.example")


def test_the_lane_of_a_message_is_that_of_its_envelope() -> None:
    refused(BadEnvelope, message(priority=Priority.CRITICAL))
    refused(BadEnvelope, message(cls=Class.RELIABLE, number=1))
    refused(BadEnvelope, message(number=1))


def test_nothing_that_no_agent_reads_is_brought_into_our_store() -> None:
    reliable = message(cls=Class.RELIABLE, number=1)
    refused(BadEnvelope, reliable, cls=Class.RELIABLE, slot="s0")
    header, _ = envelope("alice@a.example", "bob@b.example", cls=Class.RELIABLE)
    assert check_arrival(reliable, header, "a.example", "b.example", time.time(), 5.0).to == "bob"


def test_what_is_too_late_or_came_too_far_is_refused() -> None:
    refused(Expired, message(left_ms=0))
    refused(Expired, message(), deadline_ms=1000)
    refused(TooFar, message(hops=0))


def test_a_message_is_for_one_process_where_its_header_names_one_and_that_cannot_be_a_pattern() -> None:
    header, _ = envelope("alice@a.example", "bob@b.example", slot="s1")
    passed = check_arrival(message(), header, "a.example", "b.example", time.time(), 5.0)
    assert passed.subject == "ov.rt.normal.proc.bob.s1.gw"
    refused(OverlayError, message(), slot="*.evil")
