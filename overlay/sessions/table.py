"""The session table in the same SQLite file: who takes part since when, quality, checkpoints, the end (AG-1).

Each function that changes something runs inside one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from overlay.quality.quality import Quality
from overlay.sessions import records
from overlay.sessions.protocol import Entry, Kept, Kind, Participant
from overlay.sessions.records import Limits
from overlay.trust.keys import new_id

SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    channel TEXT PRIMARY KEY, initiator TEXT NOT NULL, created REAL NOT NULL, quality BLOB NOT NULL,
    ends REAL NOT NULL, idle_s REAL NOT NULL, ended REAL NOT NULL, why TEXT NOT NULL,
    touched REAL NOT NULL, checkpoint REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS participants (
    channel TEXT NOT NULL, party TEXT NOT NULL, since INTEGER NOT NULL, gone INTEGER NOT NULL,
    PRIMARY KEY (channel, party)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS participants_party ON participants (party, channel);
CREATE TABLE IF NOT EXISTS checkpoints (
    channel TEXT NOT NULL, party TEXT NOT NULL, number INTEGER NOT NULL, at REAL NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (channel, party)) WITHOUT ROWID;
"""
_ENTRY = """SELECT s.initiator, s.created, s.quality, s.ends, s.idle_s, s.ended, s.why, s.checkpoint,
    r.incarnation, r.last FROM sessions s JOIN records r USING (channel) WHERE channel = ?"""
Query = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]


def is_session(db: sqlite3.Connection, channel: str) -> bool:
    """Whether the channel is one."""
    return db.execute("SELECT 1 FROM sessions WHERE channel = ?", (channel,)).fetchone() is not None


def open_session(
    db: sqlite3.Connection, channel: str, initiator: str, quality: Quality, times: tuple[float, float, float]
) -> None:
    """The channel is a session from now on; nothing where it is one. `times`: now, when it ends by itself,
    how long it may be idle.
    """
    now, ends, idle_s = times
    db.execute(
        "INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?, ?, ?, 0, '', ?, 0)",
        (channel, initiator, now, msgspec.msgpack.encode(quality), ends, idle_s, now),
    )


def gather(db: sqlite3.Connection, channel: str, members: Collection[str], now: float, limits: Limits) -> int:
    """These are in it now: lines for those who came and went; how many."""
    if not is_session(db, channel):
        return 0
    rows = db.execute("SELECT party FROM participants WHERE channel = ? AND gone = 0", (channel,)).fetchall()
    before = {party for (party,) in rows}
    changes = 0
    for party in sorted(set(members) - before):
        number = records.append(db, channel, (Kind.JOINED, party, new_id(), b""), now, limits)
        if number > 0:
            db.execute("REPLACE INTO participants VALUES (?, ?, ?, 0)", (channel, party, number))
            changes += 1
    for party in sorted(before - set(members)):
        number = records.append(db, channel, (Kind.LEFT, party, new_id(), b""), now, limits)
        if number > 0:
            db.execute(
                "UPDATE participants SET gone = ? WHERE channel = ? AND party = ?", (number, channel, party)
            )
            changes += 1
    return changes


def entry(query: Query, channel: str) -> Entry | None:
    """The session; None: it is none."""
    found = query(_ENTRY, (channel,))
    if not found:
        return None
    initiator, created, quality, ends, idle_s, ended, why, checkpoint, incarnation, last = found[0]
    rows = query("SELECT party, since, gone FROM participants WHERE channel = ? ORDER BY since", (channel,))
    return Entry(
        session=channel,
        incarnation=incarnation,
        initiator=initiator,
        participants=tuple(Participant(*row) for row in rows),
        quality=msgspec.msgpack.decode(quality, type=Quality),
        created=created,
        last=last,
        ends=ends,
        idle_s=idle_s,
        ended=ended,
        why=why,
        checkpoint=checkpoint,
    )


def sessions_of(query: Query, party: str, after: str, most: int) -> list[str]:
    """The channels of sessions that it is in, or was in when they ended, in order."""
    rows = query(
        """SELECT channel FROM participants WHERE party = ? AND gone = 0 AND channel > ?
        ORDER BY channel LIMIT ?""",
        (party, after, most),
    )
    return [channel for (channel,) in rows]


def touch(db: sqlite3.Connection, channel: str, now: float) -> None:
    """Somebody said something."""
    db.execute("UPDATE sessions SET touched = ? WHERE channel = ?", (now, channel))


def revise(
    db: sqlite3.Connection,
    channel: str,
    sender: str,
    change: tuple[bytes, Quality],
    now: float,
    limits: Limits,
) -> int:
    """From now on the quality is this: a line with this ID. Its number, as `records.append`."""
    event, quality = change
    known = records.number_of(db, channel, sender, event)
    data = msgspec.msgpack.encode(quality)
    number = known or records.append(db, channel, (Kind.QUALITY, sender, event, data), now, limits)
    if number > 0 and not known:
        db.execute("UPDATE sessions SET quality = ?, touched = ? WHERE channel = ?", (data, now, channel))
    return number


def keep_checkpoint(
    db: sqlite3.Connection, channel: str, party: str, state: tuple[int, bytes], now: float, limits: Limits
) -> int:
    """Instead of what it gave before, unless that is further. The number of the line that says so, or that
    of the line up to which the kept one counts, where nothing changed; as `records.append`. One of a session
    that has ended is kept without a line.
    """
    number, data = state
    known = db.execute(
        "SELECT number, data FROM checkpoints WHERE channel = ? AND party = ?", (channel, party)
    ).fetchone()
    if known is not None and (known[0] > number or tuple(known) == state):
        return max(1, int(known[0]))
    line = records.append(db, channel, (Kind.CHECKPOINT, party, new_id(), b"%d" % number), now, limits)
    over = line == records.OVER and is_session(db, channel)
    if line > 0 or over:
        db.execute("REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)", (channel, party, number, now, data))
        db.execute("UPDATE sessions SET checkpoint = ?, touched = ? WHERE channel = ?", (now, now, channel))
    return max(1, number) if over else line


def checkpoint(query: Query, channel: str, party: str, incarnation: bytes) -> Kept:
    """The latest."""
    found = query(
        "SELECT number, at, data FROM checkpoints WHERE channel = ? AND party = ?", (channel, party)
    )
    number, at, data = found[0] if found else (0, 0.0, b"")
    return Kept(number, at, data, incarnation)


def finish(
    db: sqlite3.Connection, channel: str, by: str, why: str, times: tuple[float, float], limits: Limits
) -> int:
    """It is over; nothing where it is. `times`: now, and until when it is kept. Its last number."""
    now, until = times
    if is_session(db, channel):
        records.append(db, channel, (Kind.ENDED, by, new_id(), why.encode()), now, limits)
        db.execute(
            "UPDATE sessions SET ended = ?, why = ? WHERE channel = ? AND ended = 0", (now, why, channel)
        )
    records.end(db, channel, now, until)
    found = db.execute("SELECT last FROM records WHERE channel = ?", (channel,)).fetchone()
    return int(found[0]) if found else 0


def due(db: sqlite3.Connection, now: float) -> list[tuple[str, str]]:
    """Sessions whose time is over, and why."""
    rows = db.execute(
        """SELECT channel, CASE WHEN ends > 0 AND ends <= ? THEN 'lifetime' ELSE 'idle' END FROM sessions
        WHERE ended = 0 AND ((ends > 0 AND ends <= ?) OR (idle_s > 0 AND touched + idle_s <= ?))""",
        (now, now, now),
    ).fetchall()
    return [(channel, why) for channel, why in rows]


def forget_old(db: sqlite3.Connection, now: float) -> int:
    """Remove what was kept long enough; how many."""
    rows = db.execute("SELECT channel FROM records WHERE over > 0 AND until <= ?", (now,)).fetchall()
    for (channel,) in rows:
        records.remove(db, channel)
    return len(rows)
