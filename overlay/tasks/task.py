"""A task as its creator sees it (AG-3)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from overlay.errors import Refused, TaskCancelled, TaskFailed, TimedOut
from overlay.naming.ids import PartyId
from overlay.tasks.event import EventKind, TaskEvent
from overlay.tasks.given import Given
from overlay.tasks.giving import Giving
from overlay.tasks.result import TaskResult
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Give
from overlay.wire.body import to_bytes


class Task:
    """Made by `Agent.start_task` and `Agent.task`."""

    def __init__(self, given: Given, giving: Giving) -> None:
        self._given = given
        self._giving = giving
        self.id = given.id
        """32 hexadecimal digits: `task = agent.task(task_id)` finds it again after a restart."""

    def __repr__(self) -> str:
        return f"<task {self.id} {self.state}>"

    @property
    def state(self) -> TaskState:
        """As far as we know: `if task.state is TaskState.INPUT_WANTED`."""
        return self._given.record.state

    @property
    def executor(self) -> PartyId | None:
        """Who does it; None: nobody at the moment: `print(task.executor)`."""
        return self._given.executor

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1: `print(task.attempt)`."""
        return self._given.record.attempt

    async def result(self) -> TaskResult:
        """Wait for the end: `print((await task.result()).text)`. Raises TaskFailed; TaskCancelled; TimedOut
        when its deadline passed; Unreachable when this agent leaves its block.
        """
        ending = await self._end()
        if ending.state is TaskState.COMPLETED:
            return TaskResult(ending.body, ending.media_type, ending.files)
        text = ending.body.decode(errors="replace")
        if ending.state is TaskState.CANCELLED:
            raise TaskCancelled(text or "the task was cancelled", ending.reason)
        if ending.reason == TimedOut.reason:
            raise TimedOut(f"task {self.id}: {text}")
        raise TaskFailed(text, ending.reason)

    async def events(self, after: int = 0) -> AsyncIterator[TaskEvent]:
        """What happened after event number `after`, and what will, until the task has ended:
        `async for event in task.events(after=7)`. Each once, in order, without gaps. Raises Unreachable when
        this agent leaves its block.
        """
        given = self._given
        while True:
            ticket = given.bell.ticket(given.id)
            try:
                found = await given.events(after)
                for event in found:
                    yield event
                    after = event.number
                if found:
                    continue
                if given.ended and after >= given.record.last:
                    return
                await given.news(ticket)
            finally:
                given.bell.drop(given.id, ticket)

    async def give(self, body: bytes | str, *, question: int = 0, media_type: str = "") -> None:
        """Answer what the executor asked last: `await task.give("line 7")`; or the `question` of this number.
        Raises Refused where it asked for nothing, or was answered otherwise already; and what asking raises.
        """
        if self._given.resync:
            await self.refresh()
        number = question or await self._asked()
        give = Give(self.id, number, self._given.record.last, to_bytes(body), media_type)
        await self._giving.tell(self._given, give)

    async def cancel(self) -> TaskState:
        """Have it ended: `state = await task.cancel()`. Returns the state that this led to: another
        than cancelled where it had ended before, or ended all the same while it was cancelled.
        Raises what asking raises.
        """
        await self._giving.cancel(self._given)
        return (await self._end()).state

    async def refresh(self) -> TaskState:
        """Ask its executor what happened, instead of waiting to be told: `print(await task.refresh())`.
        Raises what asking raises.
        """
        await self._giving.refresh(self._given)
        return self.state

    async def _end(self) -> TaskEvent:
        given = self._given
        while given.ending is None:
            ticket = given.bell.ticket(given.id)
            try:
                if given.ending is None:
                    await given.news(ticket)
            finally:
                given.bell.drop(given.id, ticket)
        return given.ending

    async def _asked(self) -> int:
        """The number of the latest question that has no answer."""
        asked: list[int] = []
        after = 0
        while found := await self._given.events(after):
            after = found[-1].number
            for event in found:
                if event.kind is EventKind.QUESTION:
                    asked.append(event.number)
                elif event.kind is EventKind.INPUT and event.about in asked:
                    asked.remove(event.about)
                elif event.kind is EventKind.RETRY:
                    asked.clear()
        if not asked:
            raise Refused(f"task {self.id} is {self.state}, and asks for nothing")
        return asked[-1]
