"""A task as its executor's handler sees it (AG-3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from overlay.content.file_ref import FileRef
from overlay.context.context import Context
from overlay.naming.ids import PartyId
from overlay.tasks.result import TaskResult
from overlay.wire.body import text_of, to_bytes


class Desk(Protocol):
    """Where a run writes down what its handler says."""

    async def progress(self, body: bytes, media_type: str, files: tuple[FileRef, ...]) -> int:
        """See `TaskRun`."""

    async def want_input(self, question: bytes, media_type: str) -> bytes:
        """See `TaskRun`."""

    async def save(self, state: bytes) -> None:
        """See `TaskRun`."""


@dataclass
class TaskRun:
    """One call of a handler for one task. After a crash of the executor it is called again for the same task:
    with what it saved, and a higher `attempt`.

        @agent.executes("network.diagnosis")
        async def diagnose(run: TaskRun) -> str:
            await run.progress("measuring")
            return f"{run.text}: the line is fine"
    """

    id: str
    skill: str
    creator: PartyId
    body: bytes
    media_type: str
    files: tuple[FileRef, ...]
    context: Context
    """What the creator gave us of it; empty: nothing."""
    session: str
    quality: str
    """The name under which `agent.quality(run.quality)` sends as the creator wants it; empty: as usual."""
    attempt: int
    """How often the task was begun, this time included."""
    deadline: float
    """Seconds since 1970: then the handler is cancelled, and the task has failed."""
    saved: bytes
    """What was saved last, by an earlier call; empty: nothing."""
    desk: Desk

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)

    async def progress(
        self, body: bytes | str, *, media_type: str = "", files: tuple[FileRef, ...] = ()
    ) -> int:
        """Tell an intermediate result: `await run.progress("3 of 7 lines measured")`. Returns the number of
        the event, when it is on disk. Raises TooLarge (`task_event_bytes`), Overloaded (`task_events`).
        """
        return await self.desk.progress(to_bytes(body), media_type, files)

    async def want_input(self, question: bytes | str, *, media_type: str = "") -> bytes:
        """Ask the creator, and wait for what it gives: `name = await run.want_input("which line?")`. Called
        again after a crash with the same question, it returns what was given before. Raises as `progress`.
        """
        return await self.desk.want_input(to_bytes(question), media_type)

    async def save(self, state: bytes | str) -> None:
        """Keep this for after a crash: `await run.save(b"step 3")`. It is on disk when this returns. Raises
        TooLarge (`task_saved_bytes`).
        """
        await self.desk.save(to_bytes(state))


Execute = Callable[[TaskRun], Awaitable[bytes | str | TaskResult | None]]
"""Does a task; what it returns is the result. What it raises is why the task failed: texts of Refused,
BadInput and Unavailable reach the creator."""
