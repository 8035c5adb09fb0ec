"""Qualities of sessions and tasks: revised at any time, by either side, and the latest counts on both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from overlay.agent.qualified import Qualified
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Overloaded
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.quality.quality import Qualities, Quality, Told
from tests.endpoint.handlers import Inbox
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain

T = TypeVar("T")
ALICE, BOB = PartyId.parse("alice@a.example"), PartyId.parse("bob@b.example")
HIGH, CRITICAL = Quality(Priority.HIGH), Quality(Priority.CRITICAL)


def test_the_latest_revision_counts_on_both_sides_whoever_made_it() -> None:  # GW-13
    alice, bob = Qualities(ALICE, 10), Qualities(BOB, 10)
    assert bob.hear(ALICE, alice.set("task-17", HIGH), begin=True)
    assert alice.hear(BOB, bob.set("task-17", CRITICAL), begin=False)
    for side, other in ((alice, BOB), (bob, ALICE)):
        told = side.of("task-17", other)
        assert told is not None
        assert told.quality == CRITICAL


def test_two_that_revise_at_one_time_end_with_the_same() -> None:
    alice, bob = Qualities(ALICE, 10), Qualities(BOB, 10)
    ours, theirs = alice.set("task", HIGH), bob.set("task", CRITICAL)
    alice.hear(BOB, theirs, begin=False)
    bob.hear(ALICE, ours, begin=False)
    assert alice.of("task", BOB) == bob.of("task", ALICE) == theirs


def test_what_a_party_tells_counts_for_messages_to_it_and_nobody_else() -> None:
    alice = Qualities(ALICE, 10)
    alice.set("task", HIGH)
    alice.hear(BOB, Told("task", 5, str(BOB), CRITICAL), begin=False)
    to_carol = alice.of("task", PartyId.parse("carol@c.example"))
    assert to_carol is not None
    assert to_carol.quality == HIGH


@pytest.mark.parametrize(
    "told",
    [
        Told("task", 2, "mallory@m.example", CRITICAL),
        Told("task", 1 << 40, str(BOB), CRITICAL),
        Told("task", 2, str(BOB), Quality(rate_per_s=-1)),
        Told("task", 2, str(BOB), Quality(deadline_s=1e9)),
    ],
)
def test_what_nobody_could_mean_is_refused(told: Told) -> None:
    alice = Qualities(ALICE, 10)
    alice.set("task", HIGH)
    with pytest.raises(BadInput):
        alice.hear(BOB, told, begin=True)


def test_nobody_begins_a_quality_by_telling_of_it_and_what_is_known_is_bounded() -> None:
    alice = Qualities(ALICE, 2)
    assert not alice.hear(BOB, Told("task", 1, str(BOB), HIGH), begin=False)
    for number in range(5):
        alice.hear(BOB, Told(f"task-{number}", 1, str(BOB), HIGH), begin=True)
    assert sum(alice.of(f"task-{number}", BOB) is not None for number in range(5)) == 2
    alice.set("one", HIGH)
    alice.set("two", HIGH)
    with pytest.raises(Overloaded, match="qualities_kept"):
        alice.set("three", HIGH)
    alice.drop("one")
    alice.set("three", HIGH)


def under(endpoint: Endpoint, name: str) -> Qualified:
    async def find(
        to: PartyId | str, skill: str, task: str, use: Callable[[PartyId, str], Awaitable[T]], /
    ) -> T:
        assert isinstance(to, PartyId)
        return await use(to, skill)

    return Qualified(name, endpoint, find)


async def test_a_revision_counts_for_the_next_message_and_for_what_the_other_side_sends() -> None:  # GW-13
    domain = MemoryDomain()
    at_alice, at_bob = Inbox(), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await alice.serve(at_alice)
        await bob.serve(at_bob)
        alice.qualities.table.set("task-17", HIGH)
        task = under(alice, "task-17")
        reply = await task.ask(bob.me, b"begin")
        assert (at_bob.messages[0].quality, at_bob.messages[0].priority) == ("task-17", Priority.HIGH)
        assert reply.priority is Priority.HIGH
        await task.revise(bob.me, priority=Priority.CRITICAL, reliable=True)
        other = under(bob, at_bob.messages[0].quality)
        await until(lambda: other.now(alice.me).priority is Priority.CRITICAL)
        await (await task.send(bob.me, b"now")).receipt()
        assert (at_bob.messages[1].priority, at_bob.messages[1].reliable) == (Priority.CRITICAL, True)
        await (await other.send(alice.me, b"from the other side")).receipt()
        assert (at_alice.messages[0].priority, at_alice.messages[0].reliable) == (Priority.CRITICAL, True)
        await other.revise(alice.me, priority=Priority.BULK)
        await until(lambda: task.now(bob.me).priority is Priority.BULK)


async def test_an_answer_goes_by_what_was_revised_while_it_was_made() -> None:  # GW-13
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        task = under(alice, "task")
        alice.qualities.table.set("task", Quality(Priority.BULK))

        async def handle(message: Message) -> bytes:
            await task.revise(bob.me, priority=Priority.HIGH)
            await until(lambda: under(bob, "task").now(alice.me).priority is Priority.HIGH)
            return b"done"

        await bob.serve(handle)
        assert (await task.ask(bob.me)).priority is Priority.HIGH


async def test_who_was_never_asked_under_a_name_takes_no_word_of_it() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(Inbox())
        told = alice.qualities.table.set("task", CRITICAL)
        await alice.qualities.tell(bob.me, told)
        await alice.ask(bob.me, b"after it")
        assert bob.qualities.table.of("task", alice.me) is None
