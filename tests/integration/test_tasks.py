"""Tasks between domains on unlike brokers, whose executor is killed on the way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from overlay.domain.residents import resident
from overlay.tasks.event import EventKind, TaskEvent
from overlay.tasks.state import TaskState
from overlay.tasks.task import Task
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import LIMIT_S, Person, fresh, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


@asynccontextmanager
async def _executor(home: Path, skill: str, calls: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Killed at the end of the block, as a machine that loses its power."""
    words = ("-m", "tests.integration.executor_program", str(home), skill, str(calls))
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(("near", "far"), [("a", "c"), ("c", "a")])
async def test_a_task_goes_on_when_its_executor_was_killed_and_is_back(
    federation: Federation, near: str, far: str, tmp_path: Path
) -> None:  # AG-3, AG-10
    await linked(Pair(federation[near], federation[far]))
    name = fresh("worker")
    skill, calls, seen = f"test.{name}", tmp_path / "calls", list[TaskEvent]()
    home = await resident(federation[far], name, (skill,))
    async with present(federation[near], "alice") as alice:
        async with _executor(home, skill, calls):
            await until(lambda: _found(alice, skill))
            task = await alice.agent.start_task(skill, "no dial tone")
            await _collect(task, seen, EventKind.QUESTION)
        async with _executor(home, skill, calls):  # the first one was killed
            await until(lambda: _lines(calls, 2))
            again = await alice.agent.start_task(skill, "no dial tone", id=task.id)  # said twice
            await again.give("line 7")
            await _collect(task, seen)
            assert (await task.result()).text == "line 7"
        assert task.state is TaskState.COMPLETED
        assert [event.number for event in seen] == list(range(1, len(seen) + 1))
        assert [event.text for event in seen if event.kind is EventKind.PROGRESS] == ["one", "two"]
        assert _text(calls) == "1 \n2 half\n"


async def _collect(task: Task, seen: list[TaskEvent], last: EventKind | None = None) -> None:
    """What comes after what was seen, up to an event of this kind, or to the end."""
    async with asyncio.timeout(LIMIT_S):
        async for event in task.events(after=len(seen)):
            seen.append(event)
            if event.kind is last:
                return


async def _found(asker: Person, skill: str) -> bool:
    return bool((await asker.agent.discover(skill)).matches)


async def _lines(file: Path, count: int) -> bool:
    return len(_text(file).splitlines()) >= count


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""
