"""An executor's book of tasks: one file for all its processes, written before anything is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import msgspec

from overlay.clock import Clock
from overlay.endpoint.state_file import StateFile
from overlay.errors import NotFound, OverlayError, Overloaded, Refused, TimedOut
from overlay.settings import Settings
from overlay.tasks import row as rows
from overlay.tasks.accepting import Accepted, Asked, accept
from overlay.tasks.cleaning import forget
from overlay.tasks.event import EventKind, Said, TaskEvent
from overlay.tasks.row import Key, Row
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Give

T = TypeVar("T")
_AFTER = "SELECT event FROM events WHERE creator = ? AND id = ? AND number > ?"
_decoder = msgspec.msgpack.Decoder(TaskEvent)
_LATE = Said(b"its deadline passed before it was done", reason=TimedOut.reason)
_QUESTION = "SELECT answer FROM questions WHERE creator = ? AND id = ? AND number = ?"
_ANSWER = "UPDATE questions SET answer = ? WHERE creator = ? AND id = ? AND number = ?"
_UNANSWERED = "SELECT count(*) FROM questions WHERE creator = ? AND id = ? AND answer IS NULL"


class Book:
    """What it returns is on disk. Everything raises Unavailable when the file cannot be used."""

    def __init__(self, file: StateFile, settings: Settings, clock: Clock) -> None:
        self._file = file
        self._settings = settings
        self._clock = clock

    # -- what creators ask -------------------------------------------------------------------------------
    async def accept(self, asked: Asked) -> Accepted:
        """See `accept`. It outlives this process when this returns; `settle` has it on disk."""
        return await self._do(lambda db: accept(db, asked), lasting=False)

    async def settle(self) -> None:
        """All that was written is on disk when this returns."""
        await self._do(lambda db: db.execute("UPDATE book SET id = id"))

    async def give(self, creator: str, skill: str, give: Give) -> Row:
        """Answer a question. Raises NotFound; Refused where there is none, or it has another answer."""

        def change(db: sqlite3.Connection) -> Row:
            row = _known(db, (creator, give.task), skill)
            if not row.open:
                if _was_given(db, row, give):
                    return row
                raise Refused(f"the task is {row.state} already")
            asked = db.execute(_QUESTION, (*row.key, give.question)).fetchone()
            if asked is None:
                raise Refused(f"the task asked no question number {give.question}")
            if asked[0] is not None:
                if bytes(asked[0]) == give.body:
                    return row
                raise Refused(f"question {give.question} was answered already, otherwise")
            db.execute(_ANSWER, (give.body, *row.key, give.question))
            waits = db.execute(_UNANSWERED, row.key).fetchone()[0]
            state = TaskState.INPUT_WANTED if waits else TaskState.IN_PROGRESS
            said = Said(give.body, give.media_type, about=give.question)
            return rows.note(db, row, EventKind.INPUT, state, self._clock(), said)

        return await self._do(change)

    async def cancel(self, creator: str, skill: str, task: str, attempt: int) -> Row | None:
        """It is to be cancelled, if it has not ended; None: it is not known."""

        def change(db: sqlite3.Connection) -> Row | None:
            row = rows.get(db, (creator, task))
            if row is None or row.skill != skill:
                return None
            if row.open and attempt >= row.attempt and not row.cancel:
                row = replace(row, cancel=1)
                rows.put(db, row)
            return row

        return await self._do(change)

    # -- what its handler does ---------------------------------------------------------------------------
    async def begin(self, key: Key) -> Row | None:
        """Its handler is called now, by whoever holds the claim; None: it has ended, or ends here."""

        def change(db: sqlite3.Connection) -> Row | None:
            row, now = rows.get(db, key), self._clock()
            if row is None or not row.open:
                return None
            if row.cancel:
                rows.note(db, row, EventKind.STATE, TaskState.CANCELLED, now)
                return None
            if row.deadline <= now:
                rows.note(db, row, EventKind.STATE, TaskState.FAILED, now, _LATE)
                return None
            if row.state is TaskState.INPUT_WANTED:  # its process died while it waited
                row = replace(row, runs=row.runs + 1)
                rows.put(db, row)
                return row
            row = replace(row, runs=row.runs + 1)
            return rows.note(db, row, EventKind.STATE, TaskState.IN_PROGRESS, now)

        return await self._do(change)

    async def progress(self, key: Key, runs: int, said: Said) -> int:
        """The number of the event. Raises Refused, Overloaded."""

        def change(db: sqlite3.Connection) -> int:
            row = self._running(db, key, runs)
            return rows.note(db, row, EventKind.PROGRESS, row.state, self._clock(), said).last

        return await self._do(change)

    async def ask(self, key: Key, runs: int, question: Said) -> int:
        """The number of the question. Raises Refused, Overloaded."""

        def change(db: sqlite3.Connection) -> int:
            row, wanted = self._running(db, key, runs), TaskState.INPUT_WANTED
            number = rows.note(db, row, EventKind.QUESTION, wanted, self._clock(), question).last
            db.execute("INSERT INTO questions VALUES (?, ?, ?, ?, NULL)", (*key, number, question.body))
            return number

        return await self._do(change)

    async def save(self, key: Key, runs: int, state: bytes) -> None:
        """Raises Refused."""

        def change(db: sqlite3.Connection) -> None:
            rows.put(db, replace(self._running(db, key, runs, room=False), saved=state))

        await self._do(change)

    async def end(self, key: Key, runs: int, state: TaskState, said: Said) -> None:
        """Raises Refused when it has ended, or another process goes on with it."""

        def change(db: sqlite3.Connection) -> None:
            row = self._running(db, key, runs, room=False)
            if state is TaskState.COMPLETED and row.state is TaskState.INPUT_WANTED:
                row = replace(row, state=TaskState.IN_PROGRESS)  # it did not wait for the answer
            rows.note(db, row, EventKind.STATE, state, self._clock(), said)

        await self._do(change)

    async def forget(self) -> None:
        """Those that ended long ago, and the oldest of creators with too many of them."""
        kept_s, kept = self._settings.task_kept_s, self._settings.task_ended_kept
        await self._do(lambda db: forget(db, self._clock(), kept_s, kept))

    def _running(self, db: sqlite3.Connection, key: Key, runs: int, *, room: bool = True) -> Row:
        """The row, if this call of the handler is the one that counts. Raises Refused, Overloaded."""
        row, most = rows.get(db, key), self._settings.task_events
        if row is None or not row.open or row.runs != runs:
            raise Refused(f"the task {key[1]} has ended, or another process goes on with it")
        if room and row.last - row.first + 2 >= most:
            raise Overloaded(f"a task has {most} events at most (task_events)")
        return row

    async def _do(self, change: Callable[[sqlite3.Connection], T], *, lasting: bool = True) -> T:
        def kept(db: sqlite3.Connection) -> T | OverlayError:
            try:
                return change(db)
            except OverlayError as error:  # raised before anything is written
                return error

        done = await self._file.begin(kept, lasting=lasting)
        if isinstance(done, OverlayError):
            raise done
        return done


def _known(db: sqlite3.Connection, key: Key, skill: str) -> Row:
    row = rows.get(db, key)
    if row is None or row.skill != skill:
        raise NotFound("there is no such task of yours of this skill")
    return row


def _was_given(db: sqlite3.Connection, row: Row, give: Give) -> bool:
    """Whether this is only said again."""
    found = (_decoder.decode(one[0]) for one in db.execute(_AFTER, (*row.key, give.question)))
    return any((event.about, event.body) == (give.question, give.body) for event in found)
