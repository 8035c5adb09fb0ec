"""Whether an executor takes a task: one it knows, a new one, another attempt at one that failed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from overlay.errors import NotFound, Overloaded, Refused
from overlay.settings.tasks import TaskSettings
from overlay.tasks import row as rows
from overlay.tasks.event import EventKind
from overlay.tasks.row import Row
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Start, encode_talk


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants a task done."""

    creator: str
    skill: str
    start: Start
    quality: str
    now: float
    settings: TaskSettings
    begin: bool
    """We may begin it at once: it is claimed by us, and there is room."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of it."""

    row: Row | None
    """The task, as it is now; None: it was known, and is not any more."""
    begun: bool = False
    """It is new, and in progress by now: its handler is to be called."""


def accept(db: sqlite3.Connection, asked: Asked) -> Accepted:
    """Raises Refused, NotFound, Overloaded; then nothing was written."""
    start = asked.start
    known = rows.get(db, (asked.creator, start.task))
    if known is None:
        return Accepted(None) if start.known else _new(db, asked)
    if known.skill != asked.skill:
        raise NotFound("there is no such task of yours of this skill")
    if not start.known and start.digest != known.digest:
        raise Refused(f"{start.task} is another task of yours already: make a new ID for this one")
    if start.attempt < known.attempt:
        raise Refused(f"this is attempt {start.attempt}; {known.attempt} was made already")
    if start.attempt == known.attempt:
        return Accepted(known)
    if known.state is TaskState.FAILED and not start.known:
        return _again(db, known, asked)
    adopted = replace(known, attempt=start.attempt)  # it goes on, or has ended well: that counts for this one
    rows.put(db, adopted)
    return Accepted(adopted)


def _new(db: sqlite3.Connection, asked: Asked) -> Accepted:
    start, settings = asked.start, asked.settings
    forgotten = db.execute("SELECT created_ms FROM horizons WHERE creator = ?", (asked.creator,)).fetchone()
    if forgotten and start.created_ms <= forgotten[0]:
        raise Refused(
            "this task is as old as others of yours that were forgotten here: it may have been done"
        )
    _check_room(db, asked)
    row = Row(
        creator=asked.creator,
        id=start.task,
        skill=asked.skill,
        state=TaskState.PENDING,
        attempt=start.attempt,
        runs=start.attempt - 1,
        first=start.after + 1,
        last=start.after,
        digest=start.digest,
        start=encode_talk(start),
        saved=b"",
        quality=asked.quality,
        created_ms=start.created_ms,
        deadline=asked.now + min(start.left_s, settings.task_deadline_most_s),
        cancel=0,
        ended=0.0,
    )
    return _begun(db, row, asked)


def _again(db: sqlite3.Connection, known: Row, asked: Asked) -> Accepted:
    """An attempt that has ended is never changed: this is the next one's life."""
    _check_room(db, asked)
    start, last = asked.start, max(known.last, asked.start.after)
    row = replace(
        known,
        state=TaskState.PENDING,
        attempt=start.attempt,
        runs=max(known.runs, start.attempt - 1),
        last=last,
        start=encode_talk(start),
        quality=asked.quality,
        created_ms=start.created_ms,
        deadline=asked.now + min(start.left_s, asked.settings.task_deadline_most_s),
        cancel=0,
        ended=0.0,
    )
    return _begun(db, row, asked)


def _begun(db: sqlite3.Connection, row: Row, asked: Asked) -> Accepted:
    state = TaskState.PENDING
    if asked.begin:
        row, state = replace(row, runs=row.runs + 1), TaskState.IN_PROGRESS
    return Accepted(rows.note(db, row, EventKind.STATE, state, asked.now), asked.begin)


def _check_room(db: sqlite3.Connection, asked: Asked) -> None:
    settings = asked.settings
    theirs = db.execute("SELECT count(*) FROM tasks WHERE ended = 0 AND creator = ?", (asked.creator,))
    if theirs.fetchone()[0] >= settings.tasks_per_creator:
        raise Overloaded(
            f"{asked.creator} has {settings.tasks_per_creator} tasks here that have not ended "
            "(tasks_per_creator)",
            settings.task_again_s,
        )
    if db.execute("SELECT count(*) FROM tasks WHERE ended = 0").fetchone()[0] >= settings.tasks_open:
        raise Overloaded(f"{settings.tasks_open} tasks are open here (tasks_open)", settings.task_again_s)
