"""The sender's half of reliable delivery: asked about, stored again, taken up again (GW-24, AG-10)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from overlay.errors import TimedOut
from overlay.naming.mailboxes import mailboxes_of_agent
from tests.endpoint.handlers import Inbox
from tests.endpoint.waiting import LIMIT_S, until
from tests.memory_domain import MemoryDomain, quick

PROBING = quick(probe_after_s=0.02)


async def test_a_lost_receipt_is_asked_for() -> None:
    domain, inbox = MemoryDomain("a.example", PROBING), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        domain.broker.lose = lambda delivery: ".proc.alice." in delivery.subject
        sent = await alice.send(bob.me, b"work", reliable=True)
        await inbox.next()
        await until(lambda: alice.counters["probes"] >= 1)
        domain.broker.lose = lambda delivery: False
        await sent.receipt()
    assert len(inbox.messages) == 1


async def test_a_lost_reply_to_a_reliable_question_is_given_again() -> None:
    domain, inbox = MemoryDomain("a.example", PROBING), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        domain.broker.lose = lambda delivery: ".proc.alice." in delivery.subject
        asking = asyncio.create_task(alice.ask(bob.me, b"?", reliable=True, timeout_s=LIMIT_S))
        await inbox.next()
        await until(lambda: alice.counters["probes"] >= 1)
        domain.broker.lose = lambda delivery: False
        assert (await asking).body == b"taken"
    assert len(inbox.messages) == 1


async def test_what_is_lost_at_the_broker_is_stored_again_unchanged(tmp_path: Path) -> None:
    domain, inbox = MemoryDomain("a.example", PROBING), Inbox()
    alice = domain.party("alice", state_path=tmp_path / "state.db")
    bob = domain.party("bob")
    async with domain.open(alice) as first:
        await first.send(bob.id, b"work", reliable=True)
    domain.broker.remove(mailboxes_of_agent("bob"))
    domain.broker._known_ids.clear()
    domain.broker.ensure(mailboxes_of_agent("bob"))
    async with domain.open(alice) as second, domain.open(bob) as receiver:
        await receiver.serve(inbox)
        assert (await inbox.next()).body == b"work"
        await until(lambda: len(second._parts.outbox) == 0)
    stored = {item.payload for item in domain.broker.sent if item.subject.startswith("ov.rel.")}
    assert (len(stored), len(inbox.messages)) == (1, 1)


async def test_without_a_receipt_the_sender_is_told_at_the_deadline() -> None:
    domain = MemoryDomain("a.example", quick(probe_after_s=0.02, clock_skew_s=0.0))
    bob = domain.party("bob")
    async with domain.open("alice") as alice:
        sent = await alice.send(bob.id, b"work", reliable=True, deadline_s=0.2)
        with pytest.raises(TimedOut, match="no receipt"):
            await sent.receipt()
        assert alice.counters["undelivered"] == 1


@pytest.mark.parametrize("crashed", [False, True])
async def test_the_next_process_takes_up_what_had_no_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, crashed: bool
) -> None:
    domain, inbox = MemoryDomain("a.example", quick(probe_after_s=0.02, owner_lease_s=0.1)), Inbox()
    alice = domain.party("alice", state_path=tmp_path / "state.db")
    bob = domain.party("bob")
    async with domain.open(bob) as receiver:
        domain.broker.lose = lambda delivery: True
        async with domain.open(alice) as first:
            await receiver.serve(inbox)
            await first.send(bob.id, b"work", reliable=True)
            await inbox.next()
            if crashed:
                monkeypatch.setattr(first._parts.state, "release", never)
        domain.broker.lose = lambda delivery: False
        async with domain.open(alice) as second:
            await until(lambda: second.counters["taken-up"] == 1)
            await until(lambda: len(second._parts.outbox) == 0)
            assert second.counters["undelivered"] == 0
    assert len(inbox.messages) == 1


async def never(owner: str) -> None:
    """A process that dies says nothing."""
