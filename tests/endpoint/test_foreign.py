"""Between domains: the gateways move envelopes untouched, the ends prove them (GW-7, GW-17)."""

from __future__ import annotations

import asyncio

import pytest

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, Refused, TimedOut
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.subjects import Class, Priority, ToAgent, ToDomain
from overlay.trust.identity import Role
from overlay.wire.envelope import decode_envelope
from tests.endpoint.handlers import Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, peered, quick


def two() -> tuple[MemoryDomain, MemoryDomain]:
    settings = quick(unknown_domain_wait_s=3600.0)
    return MemoryDomain("a.example", settings), MemoryDomain("b.example", settings)


async def test_a_question_and_its_answer_cross_domains() -> None:
    here, there = two()
    alice, bob = here.party("alice"), there.party("bob")
    async with peered(here, there), here.open(alice) as asker, there.open(bob) as receiver:
        await receiver.serve(echo)
        for body in (b"1", b"2", b"3"):
            reply = await asker.ask(bob.id, body)
            assert (reply.body, reply.sender) == (body, bob.id)


async def test_a_reliable_message_and_its_receipt_cross_domains() -> None:
    here, there = two()
    inbox = Inbox()
    alice, bob = here.party("alice"), there.party("bob")
    async with peered(here, there), here.open(alice) as sender, there.open(bob) as receiver:
        sent = await sender.send(bob.id, b"work", reliable=True)
        await receiver.serve(inbox)
        await sent.receipt()
    assert [message.identity.party for message in inbox.messages] == [alice.id]


async def test_a_domain_that_the_directory_does_not_know_is_not_heard() -> None:
    here, there = two()
    inbox = Inbox()
    alice, bob = here.party("alice"), there.party("bob")
    async with peered(here, there), here.open(alice) as sender, there.open(bob) as receiver:
        await receiver.serve(inbox)
        there.directory.bundles.clear()
        for _ in range(5):
            await sender.send(bob.id, b"hello")
        await until(lambda: receiver.counters["bad-certificate"] == 5)
        assert there.directory.lookups <= 6
    assert inbox.messages == []


async def test_a_domain_that_was_forgotten_is_not_heard() -> None:
    here, there = two()
    alice, bob = here.party("alice"), there.party("bob")
    async with peered(here, there), here.open(alice) as sender, there.open(bob) as receiver:
        await receiver.serve(echo)
        await sender.ask(bob.id, b"?")
        there.directory.bundles.clear()
        receiver.forget_domain("a.example")
        with pytest.raises(TimedOut):
            await sender.ask(bob.id, b"?", timeout_s=0.2)


async def test_a_foreign_name_does_not_pass_for_a_local_one() -> None:
    here, there = two()
    inbox = Inbox()
    alice, bob = here.party("alice"), there.party("bob")
    there.party("alice")
    async with peered(here, there), here.open(alice) as sender, there.open(bob) as receiver:
        await receiver.serve(inbox)
        await sender.send(bob.id, b"from afar")
        assert (await inbox.next()).sender == PartyId.of("alice", "a.example")
        left = next(sent for sent in here.broker.sent if ".out." in sent.subject)
        before = receiver.counters.total()
        subject = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", "alice"))
        there.broker.publish(subject, left.payload)
        await until(lambda: receiver.counters.total() > before)
        assert receiver.counters["bad-envelope"] == 1
    assert len(inbox.messages) == 1


async def test_the_gateway_can_say_that_a_message_cannot_leave() -> None:
    here, there = two()
    here.peer_with(there)
    alice, gateway = here.party("alice"), here.party(GATEWAY, Role.GATEWAY)
    nowhere = PartyId.of("bob", "b.example")
    there.party("bob")
    here.peer_with(there)

    async def refuse(asker: Endpoint, gate: Endpoint) -> None:
        subject = str(ToDomain(Class.REALTIME, Priority.NORMAL, "b.example", "bob", "alice"))
        await until(lambda: any(sent.subject == subject for sent in here.broker.sent))
        left = next(sent for sent in here.broker.sent if sent.subject == subject)
        gate.report(decode_envelope(left.payload).header, NotFound("there is no way to b.example"))

    async with here.open(alice) as asker, here.open(gateway) as gate:
        asking = asyncio.create_task(asker.ask(nowhere, b"?"))
        await refuse(asker, gate)
        with pytest.raises(NotFound, match="no way"):
            await asking


async def test_the_gateway_has_no_say_in_what_stays_inside() -> None:
    domain = MemoryDomain("a.example", quick())
    gateway = domain.party(GATEWAY, Role.GATEWAY)
    async with domain.open("alice") as alice, domain.open("bob") as bob, domain.open(gateway) as gate:
        asking = asyncio.create_task(alice.ask(bob.me, b"?"))
        await until(lambda: domain.broker.sent)
        gate.report(decode_envelope(domain.broker.sent[0].payload).header, Refused("no"))
        await until(lambda: alice.counters["unasked-error"] == 1)
        await bob.serve(echo)
        assert not asking.done()
        asking.cancel()
