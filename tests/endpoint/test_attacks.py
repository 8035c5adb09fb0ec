"""What is forged, changed, seen before or not meant for us counts for nothing (GW-17)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from overlay.clock import system_clock
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import Expired, TimedOut
from overlay.naming.subjects import Class, Priority, ToAgent, ToProcess
from overlay.transport.contract import Delivery
from overlay.trust.identity import Role
from overlay.wire.content import Content, Kind
from tests.endpoint.attacker import Attacker
from tests.endpoint.handlers import Gate, Inbox
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick


@asynccontextmanager
async def served(domain: MemoryDomain, inbox: Inbox) -> AsyncIterator[tuple[Endpoint, Endpoint]]:
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        yield alice, bob


async def captured(domain: MemoryDomain, alice: Endpoint, bob: Endpoint, inbox: Inbox) -> Delivery:
    """A message from alice to bob that bob did not get."""
    domain.broker.lose = lambda delivery: True
    await alice.send(bob.me, b"captured")
    domain.broker.lose = lambda delivery: False
    assert inbox.messages == []
    return domain.broker.sent[-1]


async def test_a_changed_message_does_not_open() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    async with served(domain, inbox) as (alice, bob):
        delivery = await captured(domain, alice, bob, inbox)
        for place in (-1, -30, len(delivery.payload) // 2):
            changed = bytearray(delivery.payload)
            changed[place] ^= 1
            domain.broker.publish(delivery.subject, bytes(changed))
        await until(lambda: bob.counters.total() >= 3)
        domain.broker.publish(delivery.subject, delivery.payload)
        assert (await inbox.next()).body == b"captured"
    assert len(inbox.messages) == 1
    assert bob.counters["bad-seal"] >= 2


async def test_a_message_on_another_subject_does_not_open() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    async with served(domain, inbox) as (alice, bob):
        delivery = await captured(domain, alice, bob, inbox)
        for subject in (
            str(ToAgent(Class.REALTIME, Priority.CRITICAL, "bob", "alice")),
            str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", "mallory")),
            str(ToProcess(Class.REALTIME, Priority.NORMAL, "bob", bob.slot, "alice")),
        ):
            domain.broker.publish(subject, delivery.payload)
        await until(lambda: bob.counters["bad-envelope"] == 3)
    assert inbox.messages == []


async def test_a_message_that_comes_again_is_handled_once() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    async with served(domain, inbox) as (alice, bob):
        delivery = await captured(domain, alice, bob, inbox)
        domain.broker.publish(delivery.subject, delivery.payload)
        domain.broker.publish(delivery.subject, delivery.payload)
        await until(lambda: bob.counters["replayed"] == 1)
        assert (await inbox.next()).body == b"captured"
    assert len(inbox.messages) == 1


async def test_nobody_sends_under_another_name() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    mallory = Attacker(domain)
    async with served(domain, inbox) as (_, bob):
        subject = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", "alice"))
        sealed = await mallory.seal(bob.me, subject, Content(kind=Kind.MESSAGE, body=b"I am alice"))
        domain.broker.publish(subject, sealed)
        domain.broker.publish(subject, sealed.replace(b"mallory@", b"alice-2@"))
        domain.broker.publish(subject, sealed.replace(b"\xb1mallory@a.example", b"\xafalice@a.example", 1))
        await until(lambda: bob.counters.total() >= 3)
    assert inbox.messages == []


@pytest.mark.parametrize(("name", "role"), [("operator", Role.OPERATOR), ("join-7", Role.JOIN)])
async def test_operators_and_newcomers_are_not_heard_by_agents(name: str, role: Role) -> None:
    domain, inbox = MemoryDomain(), Inbox()
    attacker = Attacker(domain, name, role)
    async with served(domain, inbox) as (_, bob):
        subject = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", name))
        sealed = await attacker.seal(bob.me, subject, Content(kind=Kind.MESSAGE, body=b"hello"))
        domain.broker.publish(subject, sealed)
        await until(lambda: bob.counters["refused"] + bob.counters["bad-certificate"] == 1)
    assert inbox.messages == []


async def test_only_the_party_that_was_asked_can_answer() -> None:
    domain, gate = MemoryDomain(), Gate()
    mallory = Attacker(domain)
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        asking = asyncio.create_task(alice.ask(bob.me, b"the truth"))
        await gate.entered.wait()
        asked = next(iter(alice._parts.answers._waiting))
        subject = str(ToProcess(Class.REALTIME, Priority.NORMAL, "alice", alice.slot, "mallory"))
        for kind, reason in ((Kind.REPLY, ""), (Kind.ERROR, "refused"), (Kind.ERROR, "unknown-key")):
            lie = Content(kind=kind, body=b"a lie", about=(asked,), reason=reason)
            domain.broker.publish(subject, await mallory.seal(alice.me, subject, lie, alice.slot))
        await until(lambda: alice.counters["unasked"] + alice.counters["unasked-error"] == 3)
        gate.open.set()
        assert (await asking).body == b"the truth"


async def test_errors_that_concern_nothing_fill_no_log() -> None:
    domain = MemoryDomain("a.example", quick(complaints_burst=3, complaints_per_s=0.001))
    mallory = Attacker(domain)
    async with domain.open("bob") as bob:
        subject = str(ToProcess(Class.REALTIME, Priority.NORMAL, "bob", bob.slot, "mallory"))
        noise = Content(kind=Kind.ERROR, body=b"noise", about=(bytes(16),), reason="failed")
        for _ in range(20):
            domain.broker.publish(subject, await mallory.seal(bob.me, subject, noise, bob.slot))
        await until(lambda: bob.counters["unasked-error"] == 20)
    assert len(domain.errors) == 3


async def test_only_the_receiver_can_give_a_receipt() -> None:
    domain, gate = MemoryDomain("a.example", quick()), Gate()
    mallory = Attacker(domain)
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        sent = await alice.send(bob.me, b"work", reliable=True)
        subject = str(ToProcess(Class.REALTIME, Priority.NORMAL, "alice", alice.slot, "mallory"))
        lie = Content(kind=Kind.RECEIPT, about=(sent.id,))
        domain.broker.publish(subject, await mallory.seal(alice.me, subject, lie, alice.slot))
        await until(lambda: alice.counters["unasked"] == 1)
        assert len(alice._parts.outbox) == 1
        gate.open.set()
        await sent.receipt()
    assert gate.handled == 1


async def test_a_revoked_sender_is_not_heard_any_more() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    async with served(domain, inbox) as (alice, bob):
        await alice.send(bob.me, b"before")
        await inbox.next()
        bob.trust.deny(domain.name, alice.identity.serial)
        await alice.send(bob.me, b"after")
        await until(lambda: bob.counters["bad-certificate"] >= 1)
    assert len(inbox.messages) == 1


async def test_a_message_past_its_deadline_is_not_handled_and_its_sender_is_told() -> None:
    late = 0.0

    def clock() -> float:
        return system_clock() + late

    domain, inbox = MemoryDomain("a.example", quick(), clock), Inbox()
    async with served(domain, inbox) as (alice, bob):
        domain.broker.lose = lambda delivery: ".bob." in delivery.subject
        asking = asyncio.create_task(alice.ask(bob.me, b"?", timeout_s=20.0))
        await until(lambda: len(domain.broker.sent) == 1)
        domain.broker.lose = lambda delivery: False
        late = 60.0
        domain.broker.publish(domain.broker.sent[0].subject, domain.broker.sent[0].payload)
        with pytest.raises(Expired):
            await asking
        assert bob.counters["expired"] == 1
    assert inbox.messages == []


async def test_a_reply_past_the_deadline_is_not_sent() -> None:
    late = 0.0

    def clock() -> float:
        return system_clock() + late

    domain, gate = MemoryDomain("a.example", quick(), clock), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        with pytest.raises(TimedOut):
            await alice.ask(bob.me, b"?", timeout_s=0.5)
        await gate.entered.wait()
        late = 60.0
        gate.open.set()
        await until(lambda: bob.counters["late-reply"] == 1)


async def test_a_flood_that_does_not_open_is_answered_within_limits() -> None:
    settings = quick(complaints_burst=3, complaints_per_s=0.001)
    domain, inbox = MemoryDomain("a.example", settings), Inbox()
    async with served(domain, inbox) as (alice, bob):
        delivery = await captured(domain, alice, bob, inbox)
        before = len(domain.broker.sent)
        for _ in range(50):
            domain.broker.publish(delivery.subject, delivery.payload[:-1] + b"\x00")
        await until(lambda: bob.counters["bad-seal"] == 50)
        await until(lambda: alice.counters["unasked-error"] >= 1)
        told = [sent for sent in domain.broker.sent[before:] if ".proc.alice." in sent.subject]
    assert len(told) <= 3


async def test_a_service_takes_nothing_but_questions() -> None:
    domain = MemoryDomain()
    mallory = Attacker(domain)
    async with domain.open(domain.party("ca", Role.SERVICE)) as ca, domain.open("alice") as alice:
        await ca.serve_service("ca", lambda request: echo_body(request.body))
        domain.directory.cards[ca.me] = domain.card.services["ca"]
        subject = "ov.svc.ca.list.mallory"
        domain.broker.publish(subject, await mallory.seal(ca.me, subject, Content(kind=Kind.PROBE)))
        await until(lambda: ca.counters["refused"] == 1)
        assert await alice.ask_service("ca", "list", b"ok") == b"ok"


async def echo_body(body: bytes) -> bytes:
    return body


@pytest.mark.parametrize("slot", ["s0.alice", "*", "s0 \r\nPUB"])
async def test_a_sender_cannot_lead_answers_to_subjects_of_its_choice(slot: str) -> None:
    domain, inbox = MemoryDomain(), Inbox()
    mallory = Attacker(domain)
    async with served(domain, inbox) as (_, bob):
        subject = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", "mallory"))
        question = Content(kind=Kind.REQUEST, body=b"?")
        domain.broker.publish(subject, await mallory.seal(bob.me, subject, question, sender_slot=slot))
        await until(lambda: bob.counters["bad-name"] + bob.counters["bad-envelope"] == 1)
    assert inbox.messages == []
