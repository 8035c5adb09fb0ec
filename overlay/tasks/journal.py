"""A creator's journal of the tasks that it gave: to whom, which attempt, and what it was told of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import msgspec

from overlay.endpoint.state_file import StateFile
from overlay.tasks.event import TaskEvent
from overlay.tasks.state import TaskState

SCHEMA = """
CREATE TABLE IF NOT EXISTS given (
    id TEXT PRIMARY KEY, spec BLOB NOT NULL, executor TEXT NOT NULL, skill TEXT NOT NULL,
    attempt INTEGER NOT NULL, assigned_ms INTEGER NOT NULL, told INTEGER NOT NULL, tried TEXT NOT NULL,
    state TEXT NOT NULL, last INTEGER NOT NULL, created REAL NOT NULL, deadline REAL NOT NULL,
    ended REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS given_ended ON given (ended) WHERE ended > 0;
CREATE TABLE IF NOT EXISTS given_events (
    id TEXT NOT NULL, number INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (id, number)) WITHOUT ROWID;
"""
_AT_ONCE = 256
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(TaskEvent)


@dataclass(frozen=True, slots=True)
class Record:
    """The columns of `given`."""

    id: str
    spec: bytes
    executor: str
    """Who has it, or may have it; empty: nobody."""
    skill: str
    """The executor's own name for it."""
    attempt: int
    assigned_ms: int
    """When this executor was chosen for this attempt."""
    told: int
    """1: it answered, so it has it."""
    tried: str
    """Executors of earlier attempts, with spaces between them."""
    state: TaskState
    last: int
    created: float
    deadline: float
    ended: float


_COLUMNS = tuple(field.name for field in fields(Record))
_ALL = """SELECT id, spec, executor, skill, attempt, assigned_ms, told, tried, state, last, created, deadline,
    ended FROM given ORDER BY created"""
_GET = """SELECT id, spec, executor, skill, attempt, assigned_ms, told, tried, state, last, created, deadline,
    ended FROM given WHERE id = ?"""
_PUT = "INSERT OR REPLACE INTO given VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_EVENT = "INSERT OR IGNORE INTO given_events VALUES (?, ?, ?)"
_EVENTS = "SELECT event FROM given_events WHERE id = ? AND number > ? ORDER BY number LIMIT ?"
_OLD = "SELECT id FROM given WHERE ended > 0 ORDER BY ended DESC LIMIT 1000 OFFSET ?"


class Journal:
    """Everything raises Unavailable when the file cannot be used."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def get(self, task: str) -> Record | None:
        """None: we gave no such task."""
        found = self._file.read(_GET, (task,))
        return _record(found[0]) if found else None

    def all(self) -> list[Record]:
        """The oldest first."""
        return [_record(row) for row in self._file.read(_ALL)]

    def put(self, record: Record, events: Sequence[TaskEvent] = (), *, lasting: bool) -> asyncio.Future[None]:
        """It is so from now on, and these events happened; `lasting`: on disk when it is done."""
        values = tuple(getattr(record, name) for name in _COLUMNS)
        written = [(record.id, event.number, _encoder.encode(event)) for event in events]

        def change(db: sqlite3.Connection) -> None:
            db.execute(_PUT, values)
            db.executemany(_EVENT, written)

        return self._file.begin(change, lasting=lasting)

    def move(self, record: Record, before: Record, *, lasting: bool) -> asyncio.Future[bool]:
        """It has another executor, or none: whether no other process of ours was faster."""
        values = tuple(getattr(record, name) for name in _COLUMNS)

        def change(db: sqlite3.Connection) -> bool:
            found = db.execute("SELECT executor, attempt FROM given WHERE id = ?", (record.id,)).fetchone()
            if found is not None and tuple(found) != (before.executor, before.attempt):
                return False
            db.execute(_PUT, values)
            return True

        return self._file.begin(change, lasting=lasting)

    def events(self, task: str, after: int) -> list[TaskEvent]:
        """Some that come after event number `after`, in order; none: there are no more."""
        found = self._file.read(_EVENTS, (task, after, _AT_ONCE))
        return [_decoder.decode(row[0]) for row in found]

    def last_event(self, task: str) -> TaskEvent | None:
        """The latest."""
        found = self._file.read(
            "SELECT event FROM given_events WHERE id = ? ORDER BY number DESC LIMIT 1", (task,)
        )
        return _decoder.decode(found[0][0]) if found else None

    async def drop(self, task: str) -> None:
        """Nobody took it."""
        await self._drop([task])

    async def forget(self, before: float, kept: int) -> None:
        """Those that ended before this time, and the oldest over `kept`."""
        found = self._file.read("SELECT id FROM given WHERE ended > 0 AND ended < ? LIMIT 1000", (before,))
        found += self._file.read(_OLD, (kept,))
        if found:
            await self._drop([str(row[0]) for row in found])

    async def _drop(self, tasks: Sequence[str]) -> None:
        ids = [(task,) for task in tasks]

        def change(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM given WHERE id = ?", ids)
            db.executemany("DELETE FROM given_events WHERE id = ?", ids)

        await self._file.change(change)


def _record(values: Sequence[object]) -> Record:
    record = Record(*values)  # type: ignore[arg-type]
    return replace(record, state=TaskState(record.state))
