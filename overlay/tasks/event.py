"""What happens to a task, as a numbered stream (AG-3). Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.content.file_ref import FileRef
from overlay.tasks.state import TaskState
from overlay.wire.body import text_of


class EventKind(StrEnum):
    """What an event tells."""

    STATE = "state"
    """The task is in another state; when it has ended, `body` is its result, or says why there is none."""
    PROGRESS = "progress"
    """An intermediate result."""
    QUESTION = "question"
    """The executor wants input: `body` asks for it. `number` is what `give` answers."""
    INPUT = "input"
    """The input that was given."""
    RETRY = "retry"
    """An attempt failed (`reason`, `body`), and there will be another."""


class TaskEvent(msgspec.Struct, frozen=True):
    """One event: `async for event in task.events(): print(event.number, event.state, event.text)`."""

    number: int
    """From 1, without gaps."""
    kind: EventKind
    state: TaskState
    """Of the task, since this event."""
    attempt: int
    """Which attempt of the creator's it is about, from 1."""
    at: float
    """Seconds since 1970, by the clock of whoever tells it."""
    body: bytes = b""
    media_type: str = ""
    files: tuple[FileRef, ...] = ()
    reason: str = ""
    """The reason code of a failure."""
    about: int = 0
    """Of an input: the number of the question."""

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)


class Said(msgspec.Struct, frozen=True):
    """What an event says beside what happened."""

    body: bytes = b""
    media_type: str = ""
    files: tuple[FileRef, ...] = ()
    reason: str = ""
    about: int = 0

    @property
    def size(self) -> int:
        """About its bytes."""
        return len(self.body) + len(self.media_type) + sum(len(one.name) + 400 for one in self.files)


NOTHING = Said()
