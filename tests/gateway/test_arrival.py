"""Who may come in from a peer (GW-7, GW-17)."""

from __future__ import annotations

import time

import msgspec
import pytest

from bridges.border.arrival import Arrival, check_arrival
from bridges.border.departure import Foreign
from bridges.border.passing import check_passing
from bridges.frames.frame import Message
from bridges.routing.routes import Routes
from bridges.routing.transit import Looped, TooFar
from overlay.errors import BadEnvelope, Expired, NotFound, OverlayError
from overlay.naming.subjects import Class, Priority
from overlay.registry.peers.relation import Relation, Standing
from overlay.wire.envelope import Header
from tests.links import envelope, link_settings

SETTINGS = link_settings()


def message(**changes: object) -> Message:
    plain = Message(0, Class.REALTIME, Priority.NORMAL, 60_000, 8, ("a.example",), b"")
    return msgspec.structs.replace(plain, **changes)


def passed(carried: Message, header: Header, relation: Relation = Relation.PEER) -> Arrival:
    """As it comes from a.example, which is a peer of b.example."""
    routes = Routes("b.example", SETTINGS)
    routes.link("a.example", Standing(relation))
    transit = check_passing(carried, header, "a.example", routes, time.time(), SETTINGS)
    return check_arrival(carried, header, "b.example", transit.until)


def refused(kind: type[OverlayError], carried: Message, **header: object) -> None:
    made, _ = envelope("alice@a.example", "bob@b.example", b"sealed", **header)
    with pytest.raises(kind):
        passed(carried, made)


def test_a_peer_speaks_for_its_own_domain_only() -> None:  # GW-17
    refused(Foreign, message(), sender="carol@c.example")
    refused(Foreign, message(), sender="bob@b.example")
    refused(Foreign, message(path=("c.example",)))
    refused(Foreign, message(path=("a.example", "c.example")))


def test_a_parent_speaks_for_all_but_us_and_says_by_whom_it_came() -> None:  # GW-12, GW-17
    header, _ = envelope("carol@c.example", "bob@b.example")
    parent = Relation.PARENT
    assert passed(message(path=("c.example", "a.example")), header, parent).to == "bob"
    for path in (("c.example",), ("a.example",), ("d.example", "a.example"), ("c.example", "*", "a.example")):
        with pytest.raises(Foreign):
            passed(message(path=path), header, parent)
    ours, _ = envelope("carol@b.example", "bob@b.example")
    with pytest.raises(Looped):
        passed(message(path=("b.example", "a.example")), ours, relation=parent)


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
    assert passed(reliable, header).to == "bob"


def test_what_is_too_late_or_came_too_far_is_refused() -> None:
    refused(Expired, message(left_ms=0))
    refused(Expired, message(), deadline_ms=1000)
    refused(TooFar, message(hops=0))


def test_a_message_is_for_one_process_where_its_header_names_one_and_that_cannot_be_a_pattern() -> None:
    header, _ = envelope("alice@a.example", "bob@b.example", slot="s1")
    assert passed(message(), header).subject == "ov.rt.normal.proc.bob.s1.gw"
    refused(OverlayError, message(), slot="*.evil")
