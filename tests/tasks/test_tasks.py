"""Tasks between agents in memory: started once, followed, asked, cancelled, late, tried again."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from overlay.errors import Failed, NotFound, Refused, TaskCancelled, TaskFailed, TimedOut, TooLarge
from overlay.tasks.event import EventKind
from overlay.tasks.result import TaskResult
from overlay.tasks.retry import Retry
from overlay.tasks.run import TaskRun
from overlay.tasks.state import TaskState
from overlay.tasks.task import Task
from overlay.tasks.task_id import new_task_id
from tests.tasks.office import LIMIT_S, SKILL, Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def _echo(run: TaskRun) -> bytes:
    return run.body


async def _numbers(task: Task) -> list[int]:
    async with asyncio.timeout(LIMIT_S):
        return [event.number async for event in task.events()]


async def test_a_short_task_has_its_result_with_the_answer_to_its_start(tmp_path: Path) -> None:  # AG-3
    office = Office(tmp_path, task_answer_s=5.0)
    async with office.at_work("alice") as alice, office.at_work("bob", _echo) as bob:
        await alice.start(bob.id, b"first")  # keys are agreed
        before = len(office.domain.broker.sent)
        task = await alice.start(bob.id, b"dial tone?")
        assert task.state is TaskState.COMPLETED
        assert len(office.domain.broker.sent) - before == 2
        assert (await task.result()).text == "dial tone?"


async def test_events_are_numbered_and_intermediate_results_come_in_order(office: Office) -> None:  # AG-3
    async def measure(run: TaskRun) -> TaskResult:
        for line in range(20):
            await run.progress(f"line {line}", media_type="text/plain")
        return TaskResult(b"all", media_type="text/csv")

    async with office.at_work("alice") as alice, office.at_work("bob", measure) as bob:
        task = await alice.start(bob.id)
        async with asyncio.timeout(LIMIT_S):
            events = [event async for event in task.events()]
        assert [event.number for event in events] == list(range(1, 23))
        told = [event.text for event in events if event.kind is EventKind.PROGRESS]
        assert told == [f"line {line}" for line in range(20)]
        assert (await task.result()) == TaskResult(b"all", media_type="text/csv")
        assert [event.number async for event in task.events(after=20)] == [21, 22]


async def test_a_question_waits_for_its_answer_and_the_creator_sees_it(office: Office) -> None:  # AG-3
    async def ask(run: TaskRun) -> bytes:
        return await run.want_input("which line?")

    async with office.at_work("alice") as alice, office.at_work("bob", ask) as bob:
        task = await alice.start(bob.id)
        async with asyncio.timeout(LIMIT_S):
            async for event in task.events():
                if event.kind is EventKind.QUESTION:
                    assert task.state is TaskState.INPUT_WANTED
                    await task.give("line 7")
                    await task.give("line 7", question=event.number)  # said twice, counted once
        assert (await task.result()).text == "line 7"
        with pytest.raises(Refused):
            await task.give("line 8")


async def test_who_is_cancelled_may_clean_up_and_states_say_so(office: Office) -> None:  # AG-3
    tidy = asyncio.Event()

    async def wait(_: TaskRun) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidy.set()

    async with office.at_work("alice") as alice, office.at_work("bob", wait) as bob:
        task = await alice.start(bob.id)
        assert await task.cancel() is TaskState.CANCELLED
        assert tidy.is_set()
        with pytest.raises(TaskCancelled):
            await task.result()
        assert await task.cancel() is TaskState.CANCELLED


async def test_a_task_that_has_ended_is_not_cancelled(office: Office) -> None:  # AG-3
    async with office.at_work("alice") as alice, office.at_work("bob", _echo) as bob:
        task = await alice.start(bob.id, b"x")
        await task.result()
        assert await task.cancel() is TaskState.COMPLETED


async def test_at_its_deadline_the_executor_cancels_it_and_its_creator_is_told(office: Office) -> None:
    # AG-3
    ended = asyncio.Event()

    async def wait(_: TaskRun) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with office.at_work("alice") as alice, office.at_work("bob", wait) as bob:
        task = await alice.start(bob.id, deadline_s=0.4)
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(TimedOut):
                await task.result()
            await ended.wait()
        assert task.state is TaskState.FAILED


async def test_the_same_id_again_is_the_same_task_and_another_body_is_refused(office: Office) -> None:
    # AG-3
    calls: Counter[str] = Counter()

    async def count(run: TaskRun) -> bytes:
        calls[run.id] += 1
        await asyncio.sleep(0)
        return run.body

    name = new_task_id()
    async with office.at_work("bob", count) as bob:
        async with office.at_work("alice") as alice:
            both = await asyncio.gather(*(alice.start(bob.id, b"x", task=name) for _ in range(5)))
            assert {(await task.result()).text for task in both} == {"x"}
            with pytest.raises(Refused):
                await alice.start(bob.id, b"y", task=name)
        async with office.at_work("alice") as alice:
            assert (await (await alice.start(bob.id, b"x", task=name)).result()).text == "x"
            assert await _numbers(alice.task(name)) == [1, 2]
            with pytest.raises(NotFound):
                alice.task(new_task_id())
    assert calls == {name: 1}


async def test_a_repeated_send_goes_to_the_executor_that_was_chosen_first(office: Office) -> None:  # AG-3
    began: list[str] = []
    go = asyncio.Event()

    async def wait(run: TaskRun) -> str:
        began.append(run.id)
        await go.wait()
        return run.id

    name = new_task_id()
    async with office.at_work("bob", wait) as bob, office.at_work("carol", wait) as carol:
        office.skilled = ["bob", "carol"]
        async with office.at_work("alice") as alice:
            chosen = (await alice.start(SKILL, b"x", task=name)).executor
        office.skilled = ["carol" if chosen == bob.id else "bob"]
        async with office.at_work("alice") as alice:
            task = await alice.start(SKILL, b"x", task=name)
            go.set()
            async with asyncio.timeout(LIMIT_S):
                assert (await task.result()).text == name
            assert task.executor == chosen
            assert chosen in (bob.id, carol.id)
    assert began == [name]


async def test_what_fails_is_told_with_its_reason_and_strangers_errors_are_not_shown(office: Office) -> None:
    # AG-3
    async def fail(run: TaskRun) -> None:
        if run.body == b"refuse":
            raise Refused("not on Sundays")
        raise ValueError("a secret")

    async with office.at_work("alice") as alice, office.at_work("bob", fail) as bob:
        refused = await alice.start(bob.id, b"refuse")
        with pytest.raises(TaskFailed, match="not on Sundays") as told:
            await refused.result()
        assert told.value.why == Refused.reason
        failed = await alice.start(bob.id, b"fail")
        with pytest.raises(TaskFailed) as hidden:
            await failed.result()
        assert "secret" not in str(hidden.value)


async def test_a_failed_attempt_is_followed_by_another_one_elsewhere(office: Office) -> None:  # AG-3
    attempts: list[int] = []

    async def fail_first(run: TaskRun) -> str:
        attempts.append(run.attempt)
        if len(attempts) == 1:
            raise Failed("the probe broke")
        return "done"

    office.skilled = ["bob", "carol"]
    async with office.people(fail_first, "alice", "bob", "carol") as (alice, *_):
        task = await alice.start(SKILL, retry=Retry(times=2, on=("failed",), first_s=0.01))
        first = task.executor
        async with asyncio.timeout(LIMIT_S):
            assert (await task.result()).text == "done"
        events = [event async for event in task.events()]
        assert [event.number for event in events] == list(range(1, len(events) + 1))
        assert EventKind.RETRY in [event.kind for event in events]
        assert task.executor != first
        assert attempts == [1, 2]
        assert task.attempt == 2


async def test_after_its_last_attempt_it_has_failed(office: Office) -> None:  # AG-3
    calls: list[int] = []

    async def fail(run: TaskRun) -> None:
        calls.append(run.attempt)
        raise Failed("no")

    async with office.at_work("alice") as alice, office.at_work("bob", fail) as bob:
        retry = Retry(times=2, on=("failed",), first_s=0.01)
        task = await alice.start(bob.id, retry=retry)
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(TaskFailed):
                await task.result()
        assert calls == [1, 2, 3]
        assert await _numbers(task) == list(range(1, 7))


async def test_results_that_are_too_large_fail_and_progress_that_is_is_refused(tmp_path: Path) -> None:
    # AG-3
    office = Office(tmp_path, task_result_bytes=256, task_event_bytes=256)
    refused: list[Exception] = []

    async def large(run: TaskRun) -> bytes:
        try:
            await run.progress(b"x" * 300)
        except TooLarge as error:
            refused.append(error)
        return b"x" * 300

    async with office.at_work("alice") as alice, office.at_work("bob", large) as bob:
        task = await alice.start(bob.id)
        with pytest.raises(TaskFailed) as told:
            await task.result()
        assert told.value.why == TooLarge.reason
        assert len(refused) == 1


async def test_what_waits_for_room_is_pending_and_begins_when_there_is(tmp_path: Path) -> None:  # AG-3
    office, go = Office(tmp_path, tasks_at_once=1), asyncio.Event()

    async def wait(run: TaskRun) -> bytes:
        await go.wait()
        return run.body

    async with office.at_work("alice") as alice, office.at_work("bob", wait) as bob:
        first = await alice.start(bob.id, b"1")
        second = await alice.start(bob.id, b"2")
        assert (first.state, second.state) == (TaskState.IN_PROGRESS, TaskState.PENDING)
        go.set()
        async with asyncio.timeout(LIMIT_S):
            assert [(await task.result()).text for task in (first, second)] == ["1", "2"]
