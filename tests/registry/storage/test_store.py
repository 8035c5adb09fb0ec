"""What every store of the registry promises (`overlay.registry.storage.contract`)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlay.audit import AuditEntry, Row, verify
from overlay.errors import BadInput, Overloaded
from overlay.registry.storage.contract import WRITES_AT_ONCE, Conflict, Note, Store, Write
from overlay.registry.storage.keys import check_writes
from tests.registry.storage.subject import Handle, History
from tests.registry.storage.subjects import BUFFER

_numbers = itertools.count(1)
_EXPECTED: dict[str, Callable[[int], int | None]] = {
    "any": lambda _: None,
    "right": lambda revision: revision,
    "wrong": lambda revision: revision + 1,
}
_write = st.tuples(
    st.sampled_from("abc"), st.none() | st.binary(max_size=3), st.sampled_from(sorted(_EXPECTED))
)


async def outcome(store: Store, *writes: Write) -> int | None:
    """The revision, None for a conflict."""
    try:
        return await store.commit(writes, [Note("bob", "try", writes[0].key)])
    except Conflict:
        return None


def checked(rows: list[Row]) -> list[AuditEntry]:
    """The entries of a chain that holds."""
    assert verify(rows) == len(rows)
    return [msgspec.msgpack.decode(entry, type=AuditEntry) for _, entry, _ in rows]


async def test_revisions_rise_over_all_keys_and_are_fed_before_commit_returns(history: History) -> None:
    handle = await history.handle()

    first = await handle.store.commit([Write("agent.a", b"1"), Write("agent.b", b"1")])
    assert [entry.key for entry in handle.fed] == ["agent.a", "agent.b"]
    assert handle.fed[-1].revision == first
    second = await handle.store.commit([Write("agent.a", b"2", handle.fed[0].revision)])

    assert handle.newest("agent.a") == handle.fed[-1]
    revisions = [entry.revision for entry in handle.fed]
    assert revisions == sorted(set(revisions))
    assert revisions[-1] == second


async def test_an_act_is_written_whole_or_not_at_all(history: History) -> None:
    handle = await history.handle()
    await handle.store.commit([Write("agent.a", b"1")])

    with pytest.raises(Conflict):
        await handle.store.commit([Write("agent.b", b"1", 0), Write("agent.a", b"2", 0)])

    assert await outcome(handle.store, Write("agent.b", b"2", 0)) is not None
    assert [(entry.key, entry.value) for entry in handle.fed] == [("agent.a", b"1"), ("agent.b", b"2")]


async def test_a_commit_without_writes_is_at_the_newest_revision(history: History) -> None:
    handle = await history.handle()
    revision = await handle.store.commit([Write("agent.a", b"1")])

    assert await handle.store.commit([], [Note("bob", "look", "a")]) == revision


async def test_of_many_that_write_a_key_at_once_one_wins(history: History) -> None:
    handle = await history.handle()

    acts = (
        outcome(handle.store, Write("agent.a", b"%d" % n, 0), Write(f"agent.{n}", b"", 0)) for n in range(9)
    )
    won = [revision for revision in await asyncio.gather(*acts) if revision is not None]

    assert len(won) == 1
    assert len(handle.fed) == 2


async def test_of_two_handles_that_write_a_key_at_once_one_wins_and_both_hear_the_same(
    shared: History,
) -> None:
    one, two = await shared.handle("one"), await shared.handle("two")
    last = 0
    for round_ in range(5):
        value = f"{round_}".encode()
        acts = (outcome(handle.store, Write("agent.a", value, last)) for handle in (one, two))
        won = [revision for revision in await asyncio.gather(*acts) if revision is not None]
        assert len(won) == 1
        last = won[0]
        await asyncio.gather(one.heard(last), two.heard(last))
    assert one.fed == two.fed


async def test_a_conflict_takes_nothing_from_the_acts_beside_it(shared: History) -> None:
    one, two = await shared.handle("one"), await shared.handle("two")
    others = (outcome(two.store, Write(f"agent.{n}", b"two", 0)) for n in range(0, 40, 4))
    mine = (outcome(one.store, Write(f"agent.{n}", b"one", 0)) for n in range(40))

    theirs, ours = await asyncio.gather(asyncio.gather(*others), asyncio.gather(*mine))

    for n in range(0, 40, 4):
        assert (theirs[n // 4] is None) != (ours[n] is None)
    assert None not in [revision for n, revision in enumerate(ours) if n % 4]


async def test_latecomers_hear_of_the_newest_only_and_of_what_was_deleted(history: History) -> None:
    handle = await history.handle()
    await handle.store.commit([Write("agent.a", b"1"), Write("agent.b", b"1"), Write("agent.c", b"")])
    gone = await handle.store.commit([Write("agent.a", None)])
    await handle.store.commit([Write("agent.b", b"2")])
    if not history.features.several_handles:
        await handle.close()

    late = await history.handle("late")

    assert [(entry.key, entry.value) for entry in late.fed] == [
        ("agent.c", b""),
        ("agent.a", None),
        ("agent.b", b"2"),
    ]
    assert await outcome(late.store, Write("agent.a", b"3", 0)) is None
    assert await outcome(late.store, Write("agent.a", b"3", gone)) is not None


async def test_notes_are_chained_each_replica_s_by_itself(lasting: History) -> None:
    handle = await lasting.handle()
    await handle.store.commit([Write("agent.a", b"1")], [Note("bob", "register", "a")])
    handle.store.note(Note("eve", "find", "x" * 1000))
    with pytest.raises(Conflict):
        await handle.store.commit([Write("agent.a", b"1", 0)], [Note("bob", "register", "not written")])
    await handle.store.flush()
    await handle.close()
    again = await lasting.handle()
    await again.store.commit([], [Note("bob", "deregister", "a", "refused")])
    other = "registry"
    if lasting.features.several_handles:
        other = "other"
        await (await lasting.handle(other)).store.commit([], [Note("ann", "find", "a")])

    audits = (await lasting.snapshot()).audits

    assert set(audits) == {"registry", other}
    entries = checked(audits["registry"])
    assert [(entry.who, entry.outcome) for entry in entries] == [
        ("bob", "done"),
        ("eve", "done"),
        ("bob", "refused"),
    ]


async def test_notes_that_wait_are_bounded_and_written_when_the_store_closes(lasting: History) -> None:
    handle = await lasting.handle()
    for _ in range(BUFFER):
        handle.store.note(Note("bob", "find", "a"))
    with pytest.raises(Overloaded):
        handle.store.note(Note("bob", "find", "a"))
    await handle.close()

    assert len(checked((await lasting.snapshot()).audits["registry"])) == BUFFER


async def test_all_that_was_confirmed_is_there_after_a_restart_of_the_server(lasting: History) -> None:
    handle = await lasting.handle()
    log = handle.store.log
    await handle.store.commit([Write("agent.a", b"1"), Write("agent.b", b"1")])
    await handle.store.commit([Write("agent.a", None)])
    fed = handle.fed[1:]

    await lasting.outage()
    again = await lasting.handle("again")

    assert again.fed == fed
    assert again.store.log == log
    assert await again.store.commit([Write("agent.c", b"")]) > fed[-1].revision


@pytest.mark.parametrize(
    "writes",
    [
        [Write("", b"")],
        [Write("agent.", b"")],
        [Write("agent.*", b"")],
        [Write("agent a", b"")],
        [Write("a" * 300, b"")],
        [Write("agent.a", b""), Write("agent.a", None)],
        [Write(f"agent.{n}", b"") for n in range(WRITES_AT_ONCE + 1)],
    ],
)
def test_what_some_store_could_not_take_none_takes(writes: list[Write]) -> None:
    with pytest.raises(BadInput):
        check_writes(writes)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.lists(_write, min_size=1, max_size=3, unique_by=lambda one: one[0]), max_size=8))
async def test_a_store_does_what_a_dictionary_does(
    history: History, acts: list[list[tuple[str, bytes | None, str]]]
) -> None:
    handle = await one_of(history)
    prefix = f"agent.{next(_numbers)}"
    model: dict[str, tuple[bytes | None, int]] = {}
    for act in acts:
        writes = [
            Write(f"{prefix}.{key}", value, _EXPECTED[guess](model.get(key, (None, 0))[1]))
            for key, value, guess in act
        ]
        fits = all(guess != "wrong" for _, _, guess in act)

        revision = await outcome(handle.store, *writes)

        assert (revision is not None) == fits
        if revision is not None:
            first = revision - len(act) + 1
            model |= {key: (value, first + at) for at, (key, value, _) in enumerate(act)}
    told = {entry.key: (entry.value, entry.revision) for entry in handle.fed if entry.key.startswith(prefix)}
    assert told == {f"{prefix}.{key}": held for key, held in model.items()}


async def one_of(history: History) -> Handle:
    """The one that is open, for all examples."""
    return history.opened[0] if history.opened else await history.handle()
