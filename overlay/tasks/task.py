"""A task as its creator sees it (AG-3)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from overlay.errors import Unavailable
from overlay.naming.ids import PartyId
from overlay.tasks.event import TaskEvent
from overlay.tasks.result import TaskResult
from overlay.tasks.state import TaskState


class Task:
    """Made by `Agent.start_task` and `Agent.task`."""

    def __init__(self, task_id: str) -> None:
        self.id = task_id
        """32 hexadecimal digits: `task = agent.task(task_id)` finds it again after a restart."""

    @property
    def state(self) -> TaskState:
        """As far as we know: `if task.state is TaskState.INPUT_WANTED`."""
        return TaskState.PENDING

    @property
    def executor(self) -> PartyId | None:
        """Who does it; None: nobody yet."""
        return None

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return 1

    async def result(self) -> TaskResult:
        """Wait for the end: `print((await task.result()).text)`. Raises TaskFailed; TaskCancelled; TimedOut
        when its deadline passed.
        """
        raise Unavailable("tasks are not there yet")

    async def events(self, after: int = 0) -> AsyncIterator[TaskEvent]:
        """What happened after event number `after`, and what will, until the task has ended:
        `async for event in task.events(after=7)`. Each once, in order, without gaps.
        """
        raise Unavailable("tasks are not there yet")
        yield

    async def give(self, body: bytes | str) -> None:
        """Answer what the executor asked last: `await task.give("line 7")`. Raises Refused where it asked for
        nothing, or it was answered otherwise already; and what asking raises.
        """
        raise Unavailable("tasks are not there yet")

    async def cancel(self) -> TaskState:
        """Have it ended: `if await task.cancel() is TaskState.COMPLETED: …`. Returns the state that this led
        to: another than cancelled where it had ended before, or ended all the same while it was cancelled.
        Raises what asking raises.
        """
        raise Unavailable("tasks are not there yet")
