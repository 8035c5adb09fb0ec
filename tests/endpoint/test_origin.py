"""From where a message arrived to where it was published."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.endpoint.composer import subject_of
from overlay.endpoint.origin import published_subject
from overlay.errors import BadEnvelope
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, Priority, ToAgent, ToProcess
from overlay.wire.envelope import Header

ME = PartyId.of("bob", "b.example")
names = st.sampled_from(["alice", "bob", "gw-2", "carol"])
domains = st.sampled_from(["a.example", "b.example"])


def header(sender: PartyId, cls: Class, priority: Priority, slot: str) -> Header:
    return Header(bytes(16), str(sender), str(ME), cls, priority, 1, bytes(16), 0, slot)


@settings(deadline=None, max_examples=100)
@given(names, domains, st.sampled_from(Class), st.sampled_from(Priority), st.sampled_from(["", "s1"]))
def test_the_receiver_finds_the_subject_that_the_sender_used(
    name: str, domain: str, cls: Class, priority: Priority, slot: str
) -> None:
    sender = PartyId.of(name, domain)
    token = name if domain == ME.domain else GATEWAY
    process = ToProcess(cls, priority, ME.name, slot, token) if slot else None
    arrived = str(process or ToAgent(cls, priority, ME.name, token))
    published = published_subject(arrived, header(sender, cls, priority, slot), ME)
    assert published == subject_of(cls, priority, ME, slot, sender)


@pytest.mark.parametrize("slot", ["", "s1"])
def test_what_went_through_the_own_gateway_was_published_for_it(slot: str) -> None:  # GW-11
    alice = PartyId.of("alice", ME.domain)
    lane = (Class.REALTIME, Priority.NORMAL)
    arrived = str(ToProcess(*lane, ME.name, slot, GATEWAY) if slot else ToAgent(*lane, ME.name, GATEWAY))
    published = published_subject(arrived, header(alice, *lane, slot), ME)
    assert published == subject_of(*lane, ME, slot, alice, Inside.GATEWAY)


def test_a_service_does_not_speak_through_the_gateway() -> None:  # GW-11
    claimed = header(PartyId.of("registry", ME.domain), Class.REALTIME, Priority.NORMAL, "")
    with pytest.raises(BadEnvelope):
        published_subject("ov.rt.normal.agent.bob.gw", claimed, ME)


@pytest.mark.parametrize(
    "arrived",
    [
        "ov.rt.normal.agent.carol.alice",
        "ov.rt.normal.agent.bob.mallory",
        "ov.rt.high.agent.bob.alice",
        "ov.rel.normal.agent.bob.alice",
        "ov.rt.normal.proc.bob.s0.alice",
        "ov.rt.normal.out.b_example.bob.alice",
        "ov.svc.ca.list.alice",
        "ov.link.bob.s0.alice.s0",
    ],
)
def test_a_subject_that_does_not_fit_the_header_is_refused(arrived: str) -> None:
    claimed = header(PartyId.of("alice", ME.domain), Class.REALTIME, Priority.NORMAL, "")
    with pytest.raises(BadEnvelope):
        published_subject(arrived, claimed, ME)


def test_strangers_do_not_reach_services() -> None:
    ca = PartyId.of("ca", "b.example")
    claimed = header(PartyId.of("alice", "a.example"), Class.REALTIME, Priority.NORMAL, "")
    with pytest.raises(BadEnvelope):
        published_subject("ov.svc.ca.list.gw", claimed, ca)
