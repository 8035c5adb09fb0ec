"""One task in its executor's book, and the events that are written with each change of it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields, replace

import msgspec

from overlay.errors import Refused
from overlay.tasks.event import NOTHING, EventKind, Said, TaskEvent
from overlay.tasks.state import TaskState

Key = tuple[str, str]
"""Creator and ID: two creators may use one ID, and never meet."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS book (one INTEGER PRIMARY KEY, id BLOB NOT NULL);
INSERT OR IGNORE INTO book VALUES (1, randomblob(16));
CREATE TABLE IF NOT EXISTS tasks (
    creator TEXT NOT NULL, id TEXT NOT NULL, skill TEXT NOT NULL, state TEXT NOT NULL,
    attempt INTEGER NOT NULL, runs INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    digest BLOB NOT NULL, start BLOB NOT NULL, saved BLOB NOT NULL, quality TEXT NOT NULL,
    created_ms INTEGER NOT NULL, deadline REAL NOT NULL, cancel INTEGER NOT NULL, ended REAL NOT NULL,
    PRIMARY KEY (creator, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tasks_open ON tasks (creator) WHERE ended = 0;
CREATE INDEX IF NOT EXISTS tasks_ended ON tasks (ended) WHERE ended > 0;
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, creator TEXT NOT NULL, id TEXT NOT NULL, skill TEXT NOT NULL,
    number INTEGER NOT NULL, event BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS events_number ON events (creator, id, number);
CREATE INDEX IF NOT EXISTS events_seq ON events (creator, skill, seq);
CREATE TABLE IF NOT EXISTS questions (
    creator TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, body BLOB NOT NULL, answer BLOB,
    PRIMARY KEY (creator, id, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS horizons (creator TEXT PRIMARY KEY, created_ms INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of `tasks`."""

    creator: str
    id: str
    skill: str
    state: TaskState
    attempt: int
    runs: int
    """How often its handler was called."""
    first: int
    """The number of its first event here."""
    last: int
    digest: bytes
    start: bytes
    """What it was begun with, while it has not ended."""
    saved: bytes
    quality: str
    created_ms: int
    deadline: float
    cancel: int
    """1: it is to be cancelled."""
    ended: float
    """When; 0: it has not."""

    @property
    def key(self) -> Key:
        """Creator and ID."""
        return self.creator, self.id

    @property
    def open(self) -> bool:
        """It has not ended."""
        return not self.ended


_COLUMNS = tuple(field.name for field in fields(Row))
GET = """SELECT creator, id, skill, state, attempt, runs, first, last, digest, start, saved, quality,
    created_ms, deadline, cancel, ended FROM tasks WHERE creator = ? AND id = ?"""
_PUT = "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_EVENT = "INSERT INTO events (creator, id, skill, number, event) VALUES (?, ?, ?, ?, ?)"
_encoder = msgspec.msgpack.Encoder()


def get(db: sqlite3.Connection, key: Key) -> Row | None:
    """None: it is not known."""
    found = db.execute(GET, key).fetchone()
    return row_of(found) if found else None


def row_of(values: tuple[object, ...]) -> Row:
    """From its columns, in order."""
    row = Row(*values)  # type: ignore[arg-type]
    return replace(row, state=TaskState(row.state))


def put(db: sqlite3.Connection, row: Row) -> None:
    """Write it as it is."""
    db.execute(_PUT, tuple(getattr(row, name) for name in _COLUMNS))


def note(
    db: sqlite3.Connection, row: Row, kind: EventKind, state: TaskState, now: float, said: Said = NOTHING
) -> Row:
    """The row after an event that leads to `state`. Raises Refused where that may not follow."""
    if row.ended or (state is not row.state and not row.state.may_become(state)):
        raise Refused(f"the task is {row.state}: it cannot become {state}")
    number = row.last + 1
    what = (said.body, said.media_type, said.files, said.reason, said.about)
    event = TaskEvent(number, kind, state, row.attempt, now, *what)
    db.execute(_EVENT, (*row.key, row.skill, number, _encoder.encode(event)))
    after = replace(row, state=state, last=number)
    if state.ended:
        after = replace(after, ended=now, start=b"", saved=b"")
        db.execute("DELETE FROM questions WHERE creator = ? AND id = ?", row.key)
    put(db, after)
    return after
