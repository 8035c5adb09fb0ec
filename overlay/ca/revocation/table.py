"""The CA's memory of revocations, numbered: each has its epoch, and so has each list that was published."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

REVOCATION_SCHEMA = """
CREATE TABLE revocations (epoch INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE, restored_at REAL);
CREATE TABLE published (
    epoch INTEGER PRIMARY KEY, list BLOB NOT NULL, made_at REAL NOT NULL, issuers TEXT NOT NULL);
"""
_ROWS = (
    "SELECT epoch, serial, revoked_at, reason, not_after, restored_at FROM revocations"
    " JOIN certificates USING (serial) WHERE "
)


@dataclass(frozen=True, slots=True)
class Revocation:
    """One revocation. Who got the name back has another certificate: this one stays revoked."""

    epoch: int
    serial: str
    revoked_at: float
    reason: str
    not_after: float
    restored_at: float | None


@dataclass(frozen=True, slots=True)
class Published:
    """An X.509 revocation list that was published; `issuers` are who signed it."""

    epoch: int
    list: bytes
    made_at: float
    issuers: str


class RevocationTable:
    """Part of the CA's database. Writes belong inside of its `change`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def epoch(self) -> int:
        """The highest there is, of a revocation or of a published list; 0 before the first."""
        row = self._db.execute(
            "SELECT max((SELECT coalesce(max(epoch), 0) FROM revocations),"
            " (SELECT coalesce(max(epoch), 0) FROM published))"
        ).fetchone()
        return int(row[0])

    def add(self, serial: str) -> None:
        """The certificate was revoked, as the next epoch."""
        self._db.execute("INSERT INTO revocations (epoch, serial) VALUES (?, ?)", (self.epoch() + 1, serial))

    def after(self, since: int, limit: int) -> list[Revocation]:
        """The first `limit` with epochs above `since`, oldest first."""
        return self._many("epoch > ? ORDER BY epoch LIMIT ?", since, limit)

    def unexpired(self, now: float) -> list[Revocation]:
        """All whose certificates have not expired yet, oldest first."""
        return self._many("not_after > ? ORDER BY epoch", now)

    def of(self, serial: str) -> Revocation | None:
        """That of this certificate, if it was revoked."""
        found = self._many("serial = ?", serial)
        return found[0] if found else None

    def before(self, epoch: int) -> int:
        """The epoch of the revocation before this one; 0 if it was the first."""
        query = "SELECT coalesce(max(epoch), 0) FROM revocations WHERE epoch < ?"
        return int(self._db.execute(query, (epoch,)).fetchone()[0])

    def last(self) -> int:
        """The epoch of the last revocation; 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(epoch), 0) FROM revocations").fetchone()[0])

    def restore(self, serial: str, now: float) -> None:
        """Its holder got another certificate for the same name."""
        self._db.execute("UPDATE revocations SET restored_at = ? WHERE serial = ?", (now, serial))

    def published(self) -> Published | None:
        """The last list that was published."""
        row = self._db.execute("SELECT epoch, list, made_at, issuers FROM published").fetchone()
        return None if row is None else Published(*row)

    def publish(self, item: Published) -> None:
        """In place of the list before."""
        self._db.execute("DELETE FROM published")
        row = (item.epoch, item.list, item.made_at, item.issuers)
        self._db.execute("INSERT INTO published VALUES (?, ?, ?, ?)", row)

    def _many(self, where: str, *values: object) -> list[Revocation]:
        return [Revocation(*row) for row in self._db.execute(_ROWS + where, values)]
