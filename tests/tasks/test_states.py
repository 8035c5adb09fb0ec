"""States of tasks, and retries: as data."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadInput, Refused
from overlay.tasks import row as rows
from overlay.tasks.event import EventKind
from overlay.tasks.retry import Retry
from overlay.tasks.row import Row
from overlay.tasks.state import TaskState

_ENDS = (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED)
_NEW = Row(
    creator="alice@a.example",
    id="0" * 32,
    skill="line.diagnosis",
    state=TaskState.PENDING,
    attempt=1,
    runs=0,
    first=1,
    last=0,
    digest=b"",
    start=b"body",
    saved=b"",
    quality="",
    created_ms=0,
    deadline=1e12,
    cancel=0,
    ended=0.0,
)


def test_every_state_leads_to_an_end_and_ends_lead_nowhere() -> None:  # AG-3
    for state in TaskState:
        reached, grown = {state}, True
        while grown:
            more = {other for one in reached for other in TaskState if one.may_become(other)}
            grown = not more <= reached
            reached |= more
        assert state.ended is (state in _ENDS)
        assert reached == {state} if state.ended else set(_ENDS) <= reached


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(TaskState), min_size=1, max_size=12))
def test_the_book_takes_legal_transitions_only_and_numbers_events_without_gaps(
    wanted: list[TaskState],
) -> None:  # AG-3
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(rows.SCHEMA)
    row = _NEW
    for state in wanted:
        before = row.state
        legal = not before.ended and (state is before or before.may_become(state))
        try:
            row = rows.note(db, row, EventKind.STATE, state, 1.0)
            assert legal
        except Refused:
            assert not legal
            assert rows.get(db, row.key) in (None, row)
    numbers = [one[0] for one in db.execute("SELECT number FROM events ORDER BY seq")]
    assert numbers == list(range(1, row.last + 1))
    if row.state.ended:
        assert rows.get(db, row.key) == replace(row, start=b"", saved=b"")
    db.close()


def test_pauses_between_attempts_grow_to_their_limit() -> None:  # AG-3
    retry = Retry(times=3, first_s=1.0, factor=3.0, most_s=5.0)
    assert [retry.pause_s(attempt) for attempt in (1, 2, 3)] == [1.0, 3.0, 5.0]
    assert Retry(times=9, factor=1e300).pause_s(100) == 60.0


def test_only_what_a_policy_names_is_tried_again_and_only_so_often() -> None:  # AG-3
    retry = Retry(times=2, on=("failed",))
    assert [retry.allows("failed", attempt) for attempt in (1, 2, 3)] == [True, True, False]
    assert not retry.allows("unreachable", 1)


@pytest.mark.parametrize("wrong", [{"times": -1}, {"times": 101}, {"factor": 0.5}, {"on": ("bored",)}])
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:  # AG-3
    with pytest.raises(BadInput):
        Retry(**wrong)  # type: ignore[arg-type]
