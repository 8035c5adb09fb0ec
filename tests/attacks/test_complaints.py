"""Receivers say what they could not open: no tool against a third party, and nothing learned by it."""

from __future__ import annotations

import time

import pytest

from bridges.border.departure import Foreign
from bridges.border.passing import check_passing
from bridges.frames.frame import Message
from bridges.routing.routes import Routes
from overlay.naming.ids import GATEWAY
from overlay.naming.subjects import Class, Priority, ToAgent
from overlay.registry.peers.relation import Relation, Standing
from overlay.trust.keys import new_id
from overlay.trust.signed import open_signed
from overlay.wire.content import Content, Kind
from overlay.wire.envelope import decode_envelope
from tests.endpoint.attacker import Attacker
from tests.endpoint.handlers import Inbox
from tests.endpoint.waiting import until
from tests.forgery import changed_header
from tests.links import envelope, link_settings
from tests.memory_domain import MemoryDomain, quick

SETTINGS = link_settings()
TO_BOB = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", "mallory"))


async def test_a_member_cannot_have_complaints_sent_to_somebody_else() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    mallory = Attacker(domain)
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        good = await mallory.seal(bob.me, TO_BOB, Content(kind=Kind.MESSAGE, body=b"x"))
        before = len(domain.broker.sent)
        for name in ("alice@a.example", "ca@a.example", "gw@a.example", "alice@victim.example"):
            domain.broker.publish(TO_BOB, changed_header(good, sender=name))
            domain.broker.publish(TO_BOB, changed_header(good, sender=name, wrap=b"", card=b""))
        await until(lambda: bob.counters["bad-envelope"] == 8)
        assert len(domain.broker.sent) == before + 8, "nothing but what mallory published"
        assert not alice.counters


async def test_an_unknown_key_is_told_to_its_sender_alone_and_only_so_often() -> None:
    settings = quick(complaints_burst=3, complaints_per_s=0.001)
    domain, inbox = MemoryDomain("a.example", settings), Inbox()
    mallory = Attacker(domain)
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        await alice.send(bob.me, b"a key of alice's is known now")
        await inbox.next()
        key_id = decode_envelope(domain.broker.sent[-1].payload).header.key_id
        guess = await mallory.seal(bob.me, TO_BOB, Content(kind=Kind.MESSAGE, body=b"x"))
        before = len(domain.broker.sent)
        for known in (key_id, new_id(), *(new_id() for _ in range(18))):
            domain.broker.publish(TO_BOB, changed_header(guess, key_id=known, wrap=b"", card=b""))
        await until(lambda: bob.counters["unknown-key"] == 20)
        await until(lambda: sum(".mallory." in sent.subject for sent in domain.broker.sent[before:]) >= 1)
        answers = [sent for sent in domain.broker.sent[before:] if sent.subject != TO_BOB]
        assert len(answers) <= 3
        assert all(".mallory." in sent.subject for sent in answers)  # alice's key is known to nobody else
    assert len(inbox.messages) == 1


@pytest.mark.parametrize("name", ["alice@a.example", "ca@a.example", "victim@c.example"])
def test_a_peer_cannot_have_complaints_sent_to_another_domain_or_to_ours(name: str) -> None:
    routes = Routes("a.example", SETTINGS)
    routes.link("b.example", Standing(Relation.PEER))
    header, raw = envelope(name, "bob@a.example")
    for path in (("b.example",), (name.partition("@")[2], "b.example")):
        brought = Message(0, header.cls, header.priority, 60_000, 8, path, raw)
        with pytest.raises(Foreign):  # the gateway's: no receiver sees it
            check_passing(brought, header, "b.example", routes, time.time(), SETTINGS)


async def test_our_gateway_itself_can_have_complaints_sent_to_agents_of_ours_alone() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await alice.serve(Inbox())
        await bob.serve(Inbox())
        arriving = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", GATEWAY))
        before = len(domain.broker.sent)
        for name in ("victim@c.example", "ca@a.example", "alice@a.example"):  # alice's may come so: GW-11
            domain.broker.publish(arriving, envelope(name, str(bob.me))[1])
        await until(lambda: alice.counters["unasked-error"] and bob.counters["complaint-not-found"])
        expected = {"bad-envelope": 1, "unknown-key": 2, "complaint-not-found": 1}
        assert bob.counters == expected, bob.counters
        left = [sent.subject for sent in domain.broker.sent[before:] if sent.subject != arriving]
        confirmed = {"ov.rt.normal.proc.bob.s0.alice", "ov.rt.normal.proc.alice.s0.bob"}  # bob's key was new
        assert [subject for subject in left if subject not in confirmed] == ["ov.rt.normal.agent.alice.bob"]


async def test_forged_news_are_counted_by_every_process_and_fill_no_log() -> None:
    domain = MemoryDomain()

    def believed(statement: bytes) -> None:
        open_signed("revoked", statement, domain.directory.store, domain.clock())

    async with domain.open("bob") as bob:
        bob.on_news("revoked", "ca", believed)
        for _ in range(50):  # NATS puts its acknowledgements where a publisher wants them
            domain.broker.publish("ov.news.revoked.ca", b'{"stream":"OV","seq":1}')
        await until(lambda: bob.counters["news-bad-envelope"] == 50)
    assert len(domain.errors) == 1
