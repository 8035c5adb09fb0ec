"""The SQLite file of a registry's store: keys with revisions, deletions among them, and the audit log."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from overlay.audit import AUDIT_SCHEMA, AuditLog, Operation
from overlay.clock import system_clock
from overlay.database import open_database, transaction
from overlay.registry.storage.contract import Conflict, Entry, Write

_VERSION = 2
_AT_ONCE = 2000
_SCHEMA = f"""
CREATE TABLE history (log TEXT NOT NULL);
CREATE TABLE entries (revision INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value BLOB);
CREATE TABLE other_audits (
    replica TEXT NOT NULL, number INTEGER NOT NULL, entry BLOB NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (replica, number));
{AUDIT_SCHEMA}"""
"""`other_audits`: the audit logs of other replicas, from a restored backup."""


def open_store_file(path: Path) -> sqlite3.Connection:
    """Made if it is not there. Raises BadSettings."""
    return open_database(path, _SCHEMA, _VERSION)


class Act:
    """What belongs together: all of it is written, or nothing."""

    def __init__(self, writes: Sequence[Write], operations: Sequence[Operation]) -> None:
        self.writes = writes
        self.operations = operations


class SqliteFile:
    """For the thread that opens it. Every method raises Unavailable when the disk does not take it."""

    def __init__(self, path: Path) -> None:
        """Raises BadSettings."""
        self._db = open_store_file(path)
        self._audit = AuditLog(self._db, system_clock, 1)
        self.log = self._log()
        row = self._db.execute("SELECT coalesce(max(revision), 0) FROM entries").fetchone()
        self._revision = int(row[0])

    def close(self) -> None:
        """Idempotent."""
        self._db.close()

    def entries(self) -> Iterator[list[Entry]]:
        """The newest of each key, oldest first, in handy portions."""
        rows = self._db.execute("SELECT key, value, revision FROM entries ORDER BY revision")
        while page := rows.fetchmany(_AT_ONCE):
            yield [Entry(*row) for row in page]

    def write(
        self, acts: Sequence[Act], operations: Sequence[Operation]
    ) -> tuple[list[Entry], list[int | Conflict]]:
        """All acts in one transaction: each whole, or not at all when there was a conflict. Returns what
        changed, and for each act its revision or its conflict.
        """
        revision = self._revision
        changed: list[Entry] = []
        outcomes: list[int | Conflict] = []
        logged = list(operations)
        with transaction(self._db):
            for act in acts:
                conflict = self._conflict(act.writes)
                if conflict is not None:
                    outcomes.append(conflict)
                    continue
                for write in act.writes:
                    revision += 1
                    changed.append(self._put(write, revision))
                logged.extend(act.operations)
                outcomes.append(revision)
            if logged:
                self._audit.append(logged)
        self._revision = revision
        return changed, outcomes

    def forget(self, keys: Sequence[str], upto: int) -> list[Entry]:
        """Remove their deletions up to that revision. Returns those that are not there any more."""
        with transaction(self._db):
            self._db.executemany(
                "DELETE FROM entries WHERE key = ? AND value IS NULL AND revision <= ?",
                ((key, upto) for key in keys),
            )
            return [Entry(key, None, 0) for key in keys if not self._revision_of(key)]

    def _log(self) -> str:
        row = self._db.execute("SELECT log FROM history").fetchone()
        if row:
            return str(row[0])
        log = secrets.token_hex(16)
        self._db.execute("INSERT INTO history VALUES (?)", (log,))
        return log

    def _conflict(self, writes: Sequence[Write]) -> Conflict | None:
        for write in writes:
            if write.expected is None:
                continue
            if write.expected != self._revision_of(write.key):
                return Conflict(f"{write.key} was changed meanwhile: try again")
        return None

    def _revision_of(self, key: str) -> int:
        row = self._db.execute("SELECT revision FROM entries WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _put(self, write: Write, revision: int) -> Entry:
        row = (revision, write.key, write.value)
        self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", row)
        return Entry(write.key, write.value, revision)
