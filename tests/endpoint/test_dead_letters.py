"""What was given up is kept with its reason, and can be sent again without a second effect (GW-24)."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.endpoint.dead_letters import Side
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Failed, OverlayError, Overloaded, Refused, TimedOut
from overlay.naming.mailboxes import agent_inbox
from tests.endpoint.handlers import Inbox
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, quick


async def given_up(sender: Endpoint, receiver: Endpoint, **more: float) -> OverlayError:
    """Why a reliable message did not end well."""
    sent = await sender.send(
        receiver.me, b"work", topic="t", reliable=True, deadline_s=more.get("deadline_s")
    )
    with pytest.raises(OverlayError) as error:
        await sent.receipt()
    return error.value


async def test_a_message_past_its_deadline_is_a_dead_letter_of_its_sender_over_a_restart(
    tmp_path: Path,
) -> None:
    domain = MemoryDomain("a.example", quick(probe_after_s=0.02, clock_skew_s=0.0))
    alice, bob = domain.party("alice", state_path=tmp_path / "state.db"), domain.party("bob")
    async with domain.open(alice) as first, domain.open(bob) as receiver:
        assert isinstance(await given_up(first, receiver, deadline_s=0.1), TimedOut)
    async with domain.open(alice) as second:
        (letter,) = second.dead_letters.all()
        assert (letter.side, letter.party, letter.reason) == (Side.SENT, bob.id, "timed-out")
        assert (letter.content.body, letter.content.topic) == (b"work", "t")
        assert letter.attempts >= 1
        inbox = Inbox()
        async with domain.open(bob) as receiver:
            await receiver.serve(inbox)
            sent = await second.send_again(letter.id)
            await sent.receipt()
            assert sent.id == letter.id
        assert {message.id for message in inbox.messages} == {letter.id}
        assert second.dead_letters.all() == []


async def test_sent_again_after_it_was_handled_it_has_no_second_effect(tmp_path: Path) -> None:
    domain, inbox = MemoryDomain("a.example", quick(probe_after_s=0.02, clock_skew_s=0.0)), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        domain.broker.lose = lambda delivery: ".proc.alice." in delivery.subject  # no receipt arrives
        assert isinstance(await given_up(alice, bob, deadline_s=0.2), TimedOut)
        domain.broker.lose = lambda _: False
        (letter,) = alice.dead_letters.all()
        await (await alice.send_again(letter.id)).receipt()
    assert len(inbox.messages) == 1


async def test_what_the_handler_rejected_is_kept_on_both_sides_and_handled_when_sent_again() -> None:
    domain = MemoryDomain("a.example", quick(handler_attempts=2))
    calls: list[Message] = []

    async def mended_later(message: Message) -> bytes:
        calls.append(message)
        if len(calls) < 3:
            raise RuntimeError("bug")
        return b""

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(mended_later)
        assert isinstance(await given_up(alice, bob), Failed)
        (sent,), (received,) = alice.dead_letters.all(), bob.dead_letters.all()
        assert (sent.reason, received.reason) == ("failed", "failed")
        assert (received.side, received.attempts, received.id) == (Side.RECEIVED, 2, sent.id)
        with pytest.raises(BadInput, match="its sender"):
            await bob.send_again(received.id)
        await (await alice.send_again(sent.id)).receipt()
        await until(lambda: bob.dead_letters.all() == [])
    assert len(calls) == 3


async def test_one_that_is_sent_again_and_refused_again_is_a_dead_letter_again() -> None:
    domain = MemoryDomain("a.example", quick())

    async def refuse(message: Message) -> bytes:
        raise Refused("never")

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(refuse)
        await given_up(alice, bob)
        for sendings in (1, 2):
            (letter,) = alice.dead_letters.all()
            with pytest.raises(Refused, match="never"):
                await (await alice.send_again(letter.id)).receipt()
            (again,) = alice.dead_letters.all()
            assert (again.id, again.content.sendings) == (letter.id, sendings)


async def test_dead_letters_are_bounded_and_the_oldest_go() -> None:
    domain = MemoryDomain("a.example", quick(dead_letters=3))

    async def refuse(message: Message) -> bytes:
        raise Refused(message.text)

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(refuse)
        for number in range(5):
            sending = await alice.send(bob.me, b"%d" % number, reliable=True)
            with pytest.raises(Refused):
                await sending.receipt()
        assert [letter.content.body for letter in alice.dead_letters.all()] == [b"2", b"3", b"4"]
        await alice.dead_letters.drop(alice.dead_letters.all()[0].id)
        assert len(alice.dead_letters.all()) == 2


async def test_a_sender_waits_for_a_full_outbox_and_then_for_a_full_broker() -> None:
    domain = MemoryDomain("a.example", quick(outbox_limit=2, send_wait_s=0.1, probe_after_s=0.02))
    inbox = Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        for _ in range(2):
            await alice.send(bob.me, b"x", reliable=True)
        with pytest.raises(Overloaded, match="outbox_limit") as full:
            await alice.send(bob.me, b"one too many", reliable=True)
        assert full.value.retry_after_s > 0
        await bob.serve(inbox)
        await until(lambda: len(alice._parts.outbox) < 2)
        await alice.send(bob.me, b"there is room again", reliable=True)
        await until(lambda: len(alice._parts.outbox) == 0)
        domain.broker.room = 0
        with pytest.raises(Overloaded, match="full"):
            await alice.send(bob.me, b"the broker is full", reliable=True)
        assert alice.counters["broker-full"] >= 1
        domain.broker.room = 100
        await (await alice.send(bob.me, b"it has room", reliable=True)).receipt()
        assert len(domain.broker.mailbox(agent_inbox("bob").name)._stored) == 0
