"""The records in a SQLite file: what a line is, when it is new, which lines are kept. No event loop.

Each function runs inside one transaction: all of it is on the disk afterwards, or nothing.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

from overlay.sessions.protocol import Kind, Line, RecordPage
from overlay.trust.keys import ID_BYTES

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    channel TEXT PRIMARY KEY, born INTEGER NOT NULL, incarnation BLOB NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, recent INTEGER NOT NULL, over REAL NOT NULL, until REAL NOT NULL,
    readers BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    channel TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL,
    sender TEXT NOT NULL, id BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (channel, number));
CREATE UNIQUE INDEX IF NOT EXISTS lines_ids ON lines (channel, sender, id);
"""
_FIND = "SELECT born, incarnation, first, last, over FROM records WHERE channel = ?"
_BEGIN = "INSERT INTO records VALUES (?, ?, ?, 1, 0, ?, 0, 0, ?)"
_REMOVE = (
    "DELETE FROM lines WHERE channel = ?",
    "DELETE FROM records WHERE channel = ?",
    "DELETE FROM sessions WHERE channel = ?",
    "DELETE FROM participants WHERE channel = ?",
    "DELETE FROM checkpoints WHERE channel = ?",
)
_SIZES = """SELECT length(data) FROM lines
    WHERE channel = ? AND number > ? AND number >= ? ORDER BY number LIMIT ?"""
_PAGE = """SELECT number, at, kind, sender, id, data FROM lines
    WHERE channel = ? AND number > ? AND number >= ? ORDER BY number LIMIT ?"""


def begin(db: sqlite3.Connection, channel: str, born: int, recent: int, readers: bytes) -> None:
    """There is a record of the channel that was made in version `born`. What is kept of another channel of
    this name is removed. `recent`: how many lines are kept; 0: all. `readers`: who may read it, for the time
    when the channel is no more.
    """
    found = db.execute(_FIND, (channel,)).fetchone()
    if found is None or found[0] != born:
        remove(db, channel)
        db.execute(_BEGIN, (channel, born, secrets.token_bytes(ID_BYTES), recent, readers))
    else:
        db.execute("UPDATE records SET recent = ?, readers = ? WHERE channel = ?", (recent, readers, channel))


class Limits(NamedTuple):
    """Of every record."""

    lines: int
    """How many it may have."""
    ids: int
    """How many that are not kept are still known by their IDs."""


FULL = -1
OVER = 0


def append(
    db: sqlite3.Connection, channel: str, line: tuple[Kind, str, bytes, bytes], at: float, limits: Limits
) -> int:
    """The number of this event (kind, sender, ID, data), which is written down unless it is already; OVER
    where there is no record, or none any more; FULL.
    """
    kind, sender, event, data = line
    known = number_of(db, channel, sender, event)
    if known:
        return known
    found = db.execute("SELECT last, recent, over FROM records WHERE channel = ?", (channel,)).fetchone()
    if found is None or found[2]:
        return OVER
    number, recent = int(found[0]) + 1, int(found[1])
    if number > limits.lines and kind is not Kind.ENDED:
        return FULL
    db.execute(
        "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)", (channel, number, at, kind, sender, event, data)
    )
    db.execute("UPDATE records SET last = ? WHERE channel = ?", (number, channel))
    if recent and number > recent:
        _trim(db, channel, number - recent, limits.ids)
    return number


def number_of(db: sqlite3.Connection, channel: str, sender: str, event: bytes) -> int:
    """The number that it has; 0: it is not known."""
    known = db.execute(
        "SELECT number FROM lines WHERE channel = ? AND sender = ? AND id = ?", (channel, sender, event)
    ).fetchone()
    return int(known[0]) if known else 0


def _trim(db: sqlite3.Connection, channel: str, gone: int, ids: int) -> None:
    """Up to `gone` nothing is kept but IDs, and of those the last `ids`."""
    db.execute(
        """UPDATE lines SET data = x'' WHERE channel = ? AND number <= ?
        AND number >= (SELECT first FROM records WHERE channel = ?)""",
        (channel, gone, channel),
    )
    db.execute("DELETE FROM lines WHERE channel = ? AND number <= ?", (channel, gone - ids))
    db.execute("UPDATE records SET first = ? WHERE channel = ?", (gone + 1, channel))


def read(
    file: Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]],
    channel: str,
    after: int,
    most: int,
    most_bytes: int,
) -> RecordPage | None:
    """What came after; None: there is no record. `file` runs a query."""
    found = file(_FIND, (channel,))
    if not found:
        return None
    _, incarnation, first, last, over = found[0]
    sizes = accumulate(size for (size,) in file(_SIZES, (channel, after, first, most)))
    fit = max(1, sum(size <= most_bytes for size in sizes))  # no more is read than goes
    rows = file(_PAGE, (channel, after, first, fit))
    lines = [
        Line(number, at, Kind(kind), sender, event, data) for number, at, kind, sender, event, data in rows
    ]
    reached = lines[-1].number if lines else max(after, first - 1)
    return RecordPage(tuple(lines), first, last, incarnation, bool(over) and reached >= last)


def end(db: sqlite3.Connection, channel: str, at: float, until: float) -> None:
    """Nothing more is written in it; it is kept `until` then."""
    db.execute("UPDATE records SET over = ?, until = ? WHERE channel = ? AND over = 0", (at, until, channel))


def remove(db: sqlite3.Connection, channel: str) -> None:
    """Forget it, and whatever stands on it."""
    for statement in _REMOVE:
        db.execute(statement, (channel,))
