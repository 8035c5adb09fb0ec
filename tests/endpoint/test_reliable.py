"""Reliable messages: stored, handled once in effect, and never lost in silence (GW-24, AG-10)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from overlay.endpoint.message import Message
from overlay.errors import Failed, NotStored, Refused
from overlay.naming.ids import PartyId
from overlay.naming.mailboxes import mailboxes_of_agent
from overlay.naming.subjects import Priority
from overlay.transport.contract import Delivery
from overlay.trust.keys import new_id
from overlay.wire.content import MAX_ABOUT, Content, Kind
from overlay.wire.envelope import decode_envelope
from tests.endpoint.handlers import Gate, Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick


def copies(domain: MemoryDomain, count: int) -> None:
    """Store the last stored message again, under IDs that the broker does not know."""
    delivery = next(sent for sent in reversed(domain.broker.sent) if sent.subject.startswith("ov.rel."))
    for _ in range(count):
        domain.broker.store(delivery.subject, delivery.payload, new_id().hex(), 60.0)


async def test_a_receipt_comes_when_the_message_was_handled() -> None:
    domain, gate = MemoryDomain("a.example", quick()), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        sent = await alice.send(bob.me, b"work", reliable=True)
        await gate.entered.wait()
        receipt = asyncio.create_task(sent.receipt())
        await asyncio.sleep(0)
        assert not receipt.done()
        gate.open.set()
        await receipt
        assert gate.handled == 1
        assert len(alice._parts.outbox) == 0


async def test_a_receiver_that_is_away_gets_it_later() -> None:
    domain, inbox = MemoryDomain("a.example", quick()), Inbox()
    bob = domain.party("bob")
    async with domain.open("alice") as alice:
        sent = await alice.send(bob.id, b"later", reliable=True)
        async with domain.open(bob) as receiver:
            await receiver.serve(inbox)
            await sent.receipt()
    assert [(message.body, message.reliable) for message in inbox.messages] == [(b"later", True)]


async def test_what_was_not_stored_is_not_accepted_and_not_kept() -> None:
    domain = MemoryDomain("a.example", quick())
    async with domain.open("alice") as alice:
        bob = domain.party("bob").id
        domain.broker.remove(mailboxes_of_agent("bob"))
        with pytest.raises(NotStored):
            await alice.send(bob, b"work", reliable=True)
        assert len(alice._parts.outbox) == 0


async def test_copies_are_handled_once_by_all_processes_together(tmp_path: Path) -> None:
    domain, gate = MemoryDomain("a.example", quick()), Gate()
    bob = domain.party("bob", state_path=tmp_path / "state.db")
    async with domain.open("alice") as alice, domain.open(bob) as one, domain.open(bob) as two:
        await one.serve(gate)
        await two.serve(gate)
        sent = await alice.send(one.me, b"work", reliable=True)
        copies(domain, 4)
        await until(lambda: one.counters["duplicate-running"] + two.counters["duplicate-running"] >= 4)
        gate.open.set()
        await sent.receipt()
        copies(domain, 1)
        await until(lambda: one.counters["duplicate"] + two.counters["duplicate"] >= 5)
    assert gate.handled == 1


async def test_a_process_that_died_before_its_record_leaves_the_message_to_another(tmp_path: Path) -> None:
    domain, gate, inbox = MemoryDomain("a.example", quick(drain_timeout_s=0.01)), Gate(), Inbox()
    bob = domain.party("bob", state_path=tmp_path / "state.db")
    async with domain.open("alice") as alice:
        async with domain.open(bob) as first:
            await first.serve(gate)
            sent = await alice.send(bob.id, b"work", reliable=True)
            await gate.entered.wait()
        assert first.counters["handlers-cut-off"] == 1
        async with domain.open(bob) as second:
            await second.serve(inbox)
            await sent.receipt()
    assert (gate.handled, len(inbox.messages)) == (0, 1)


async def test_a_lost_acknowledgement_does_not_repeat_the_effect(tmp_path: Path) -> None:
    domain, inbox = MemoryDomain("a.example", quick()), Inbox()
    bob = domain.party("bob", state_path=tmp_path / "state.db")
    async with domain.open("alice") as alice:
        async with domain.open(bob) as first:
            await first.serve(inbox)
            await (await alice.send(bob.id, b"work", reliable=True)).receipt()
        copies(domain, 1)
        async with domain.open(bob) as second:
            await second.serve(inbox)
            await until(lambda: second.counters["duplicate"] == 1)
    assert len(inbox.messages) == 1


async def test_a_handler_that_fails_is_tried_again_and_then_its_sender_is_told() -> None:
    domain = MemoryDomain("a.example", quick(handler_attempts=3))
    calls = 0

    async def fail(message: Message) -> bytes:
        nonlocal calls
        calls += 1
        raise RuntimeError("bug")

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(fail)
        with pytest.raises(Failed):
            await (await alice.send(bob.me, b"work", reliable=True)).receipt()
        assert alice.counters["undelivered"] == 1
        copies(domain, 1)
        await until(lambda: bob.counters["duplicate"] == 1)
    assert calls == 3


async def test_a_refusal_is_final() -> None:
    domain = MemoryDomain("a.example", quick())
    calls = 0

    async def refuse(message: Message) -> bytes:
        nonlocal calls
        calls += 1
        raise Refused("never")

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(refuse)
        with pytest.raises(Refused, match="never"):
            await (await alice.send(bob.me, b"work", reliable=True)).receipt()
    assert calls == 1


async def test_what_does_not_open_is_dropped_and_its_sender_is_told() -> None:
    domain, inbox = MemoryDomain("a.example", quick()), Inbox()
    bob = domain.party("bob")
    stranger = domain.party("bob")
    async with domain.open("alice") as alice:
        sent = await alice.send(PartyId.of("bob", domain.name), b"work", reliable=True)
        domain.directory.cards[bob.id] = domain.directory.cards[stranger.id]
        async with domain.open(bob) as receiver:
            await receiver.serve(inbox)
            await until(lambda: receiver.counters["unknown-key"] == 1)
            with pytest.raises(Exception, match="key"):
                await sent.receipt()
    assert inbox.messages == []


def is_receipt(delivery: Delivery) -> bool:
    """Whether this goes to a process: a receipt or another answer."""
    return ".proc." in delivery.subject


async def test_receipts_are_sent_together() -> None:
    domain = MemoryDomain("a.example", quick(receipt_wait_s=0.2))
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(echo)
        await (await alice.send(bob.me, b"first", reliable=True)).receipt()
        before = len(domain.broker.sent)
        sent = await asyncio.gather(*(alice.send(bob.me, b"x", reliable=True) for _ in range(50)))
        await asyncio.gather(*(one.receipt() for one in sent))
        answers = [item for item in domain.broker.sent[before:] if is_receipt(item)]
    assert len(answers) < 50


async def test_a_probe_that_names_one_message_often_is_answered_once() -> None:
    domain = MemoryDomain("a.example", quick())
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(echo)
        reply = await alice.ask(bob.me, b"large", reliable=True)
        stored = next(one for one in domain.broker.sent if one.subject.startswith("ov.rel."))
        asked = decode_envelope(stored.payload).header.id
        assert reply.body == b"large"
        until_ms = int((domain.clock() + 30) * 1000)
        probe = Content(kind=Kind.PROBE, about=(asked,) * MAX_ABOUT)
        await alice._parts.post.answer(bob.me, "", Priority.NORMAL, probe, until_ms)
        await alice.ask(bob.me, b"after")
        assert alice.counters["unasked"] == 1
