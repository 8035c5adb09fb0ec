"""Creators and executors die between any two steps: one outcome, and every event once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import OverlayError, Unavailable
from overlay.tasks.event import EventKind, TaskEvent
from overlay.tasks.run import TaskRun
from overlay.tasks.state import TaskState
from overlay.tasks.task_id import new_task_id
from tests.tasks.dying import DyingFile, Fate
from tests.tasks.office import LIMIT_S, SKILL, Office, Worker

Deaths = list[tuple[int, bool]]
_DEATHS = st.lists(st.tuples(st.integers(1, 9), st.booleans()), max_size=2)


class _Work:
    """What executors did: calls, of which one at a time runs."""

    def __init__(self) -> None:
        self.attempts: list[int] = []
        self.at_once = 0

    async def do(self, run: TaskRun) -> bytes:
        assert self.at_once == 0, "two calls of one task ran side by side"
        self.at_once += 1
        try:
            self.attempts.append(run.attempt)
            if not run.saved:
                await run.progress(b"one")
                await run.save(b"1")
            answer = await run.want_input(b"which?")
            await run.progress(b"two")
            return answer
        finally:
            self.at_once -= 1


async def _executor(office: Office, deaths: Deaths, work: _Work, name: str) -> None:
    """Comes back after each death, and stays."""
    for writes, after in deaths:
        fate = DyingFile.fates[name] = Fate(writes, after=after)
        with suppress(Unavailable):  # it may die while it comes
            async with office.at_work(name, work.do):
                await fate.died.wait()
    async with office.at_work(name, work.do):
        await asyncio.Event().wait()


async def _creator(office: Office, deaths: Deaths, to: Callable[[], str], task: str) -> list[TaskEvent]:
    """The events that the application saw, by its cursor, which it keeps through all deaths."""
    seen: list[TaskEvent] = []
    for writes, after in deaths:
        fate = DyingFile.fates["alice"] = Fate(writes, after=after)
        async with office.at_work("alice") as alice:
            follow = asyncio.ensure_future(_follow(alice, to(), task, seen))
            died = asyncio.ensure_future(fate.died.wait())
            await asyncio.wait({follow, died}, return_when=asyncio.FIRST_COMPLETED)
            for one in (follow, died):
                one.cancel()
            await asyncio.gather(follow, died, return_exceptions=True)
    DyingFile.fates.pop("alice", None)
    async with office.at_work("alice") as alice:
        await _follow(alice, to(), task, seen)
        assert (await alice.task(task).result()).body == b"line 7"
    return seen


async def _follow(alice: Worker, to: str, name: str, seen: list[TaskEvent]) -> None:
    while True:
        with suppress(OverlayError):  # its executor is just dying: an application would try again, too
            task = await alice.start(to, b"x", task=name)
            if seen and seen[-1].kind is EventKind.QUESTION:
                await task.give(b"line 7", question=seen[-1].number)
            async for event in task.events(after=len(seen)):
                seen.append(event)
                if event.kind is EventKind.QUESTION:
                    await task.give(b"line 7", question=event.number)
            return
        await asyncio.sleep(0.02)


async def _all(executor: Deaths, creator: Deaths, *, by_skill: bool) -> None:
    name, work = new_task_id(), _Work()
    with TemporaryDirectory(prefix="overlay-tasks-") as folder:
        office = Office(Path(folder), task_answer_s=0.02, task_late_s=0.5)
        names = ("bob", "carol") if by_skill else ("bob",)
        office.skilled = list(names)
        for one in ("alice", *names):
            office.enrol(one)
        to = SKILL if by_skill else "bob@a.example"
        async with asyncio.timeout(2 * LIMIT_S):
            others = [asyncio.ensure_future(_executor(office, executor, work, one)) for one in names]
            try:
                seen = await _creator(office, creator, lambda: to, name)
            finally:
                for one in others:
                    one.cancel()
                await asyncio.gather(*others, return_exceptions=True)
    _check(seen, work)


def _check(seen: list[TaskEvent], work: _Work) -> None:
    assert [event.number for event in seen] == list(range(1, len(seen) + 1))
    state = TaskState.PENDING
    for event in seen:
        assert state is event.state or state.may_become(event.state)
        state = event.state
    assert state is TaskState.COMPLETED
    told = [event.body for event in seen if event.kind is EventKind.PROGRESS]
    assert told[0] == b"one"
    assert told[-1] == b"two"
    assert [event.kind for event in seen].count(EventKind.QUESTION) == 1
    assert [event.kind for event in seen].count(EventKind.INPUT) == 1
    assert work.attempts == sorted(set(work.attempts)), "two calls have one number"


@settings(deadline=None, max_examples=6)
@given(executor=_DEATHS, creator=_DEATHS, by_skill=st.booleans())
def test_whoever_dies_whenever_a_task_has_one_outcome_and_its_events_no_gap(
    executor: Deaths, creator: Deaths, by_skill: bool
) -> None:  # AG-3, AG-10
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("overlay.tasks.tasks.StateFile", DyingFile)
        DyingFile.fates.clear()
        asyncio.run(_all(executor, creator, by_skill=by_skill))
