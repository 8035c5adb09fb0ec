"""Deletions that are forgotten for good, by every kind of store."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overlay.registry.storage.contract import Conflict, Entry, Write
from tests.registry.storage.subject import History
from tests.registry.storage.test_store import one_of

_numbers = itertools.count(1)
_step = st.one_of(
    st.tuples(st.just("put"), st.sampled_from("ab")),
    st.tuples(st.just("delete"), st.sampled_from("ab")),
    st.tuples(st.just("forget"), st.integers(0, 2)),
)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_step, max_size=10))
async def test_old_deletions_are_forgotten_and_nothing_else(
    history: History, steps: list[tuple[str, str | int]]
) -> None:
    handle = await one_of(history)
    prefix = f"agent.{next(_numbers)}"
    model: dict[str, tuple[bytes | None, int]] = {}
    written = [0]
    for what, about in steps:
        if isinstance(about, int):
            upto = written[max(0, len(written) - 1 - about)]
            await handle.store.forget([f"{prefix}.{key}" for key in "ab"], upto)
            for key, (value, revision) in list(model.items()):
                if value is None and revision <= upto:
                    del model[key]
            continue
        key, value = f"{prefix}.{about}", b"1" if what == "put" else None
        revision = await handle.store.commit([Write(key, value, model.get(key, (None, 0))[1])])
        model[key] = value, revision
        written.append(revision)

    told: dict[str, Entry] = {entry.key: entry for entry in handle.fed if entry.key.startswith(prefix)}
    assert {key: (one.value, one.revision) for key, one in told.items() if one.revision} == model
    stored = (await history.snapshot()).entries
    assert {one.key: (one.value, one.revision) for one in stored if one.key.startswith(prefix)} == model


async def test_who_has_not_heard_that_a_deletion_is_forgotten_hears_it_by_a_conflict(shared: History) -> None:
    one, two = await shared.handle("one"), await shared.handle("two")
    await one.store.commit([Write("agent.a", b"1")])
    gone = await one.store.commit([Write("agent.a", None)])
    await two.heard(gone)
    await one.store.forget(["agent.a"], gone)

    with pytest.raises(Conflict):
        await two.store.commit([Write("agent.a", b"2", gone)])

    assert two.fed[-1] == Entry("agent.a", None, 0)
    again = await two.store.commit([Write("agent.a", b"2", 0)])
    await one.heard(again)
    assert one.fed[-1].value == b"2"
