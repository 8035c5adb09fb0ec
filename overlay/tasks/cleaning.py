"""Forgetting tasks that ended, so that none of them begins again."""

from __future__ import annotations

import sqlite3

from overlay.tasks.row import Key

_AT_ONCE = 1000
_OLD = "SELECT creator, id, created_ms FROM tasks WHERE ended > 0 AND ended < ? ORDER BY ended LIMIT ?"
_MANY = "SELECT creator, count(*) FROM tasks WHERE ended > 0 GROUP BY creator HAVING count(*) > ?"
_OLDEST = "SELECT creator, id, created_ms FROM tasks WHERE creator = ? AND ended > 0 ORDER BY ended LIMIT ?"
_DROP = (
    "DELETE FROM tasks WHERE creator = ? AND id = ?",
    "DELETE FROM events WHERE creator = ? AND id = ?",
    "DELETE FROM questions WHERE creator = ? AND id = ?",
)
_HORIZON = """INSERT INTO horizons VALUES (?, ?)
    ON CONFLICT DO UPDATE SET created_ms = max(created_ms, excluded.created_ms)"""


def forget(db: sqlite3.Connection, now: float, kept_s: float, kept: int) -> int:
    """How many: those that ended `kept_s` ago, and of each creator the oldest over `kept`. A creator that
    starts one as old as these is told that it may have been done.
    """
    found = db.execute(_OLD, (now - kept_s, _AT_ONCE)).fetchall()
    for creator, count in db.execute(_MANY, (kept,)).fetchall():
        found += db.execute(_OLDEST, (creator, min(count - kept, _AT_ONCE))).fetchall()
    for creator, task, created_ms in found:
        db.execute(_HORIZON, (creator, created_ms))
        _drop(db, (creator, task))
    return len(found)


def _drop(db: sqlite3.Connection, key: Key) -> None:
    for drop in _DROP:
        db.execute(drop, key)
