"""The CA's memory of permissions to come back after a revocation (CA-7)."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

RESTORATION_SCHEMA = """
CREATE TABLE restorations (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, name TEXT NOT NULL, restores TEXT NOT NULL, key BLOB NOT NULL,
    expires_at REAL NOT NULL, spent_at REAL, issued TEXT NOT NULL DEFAULT '',
    swept INTEGER NOT NULL DEFAULT 0);
CREATE INDEX restorations_by_name ON restorations (name);
CREATE INDEX unswept_restorations ON restorations (swept) WHERE swept = 0;
CREATE INDEX swept_restorations ON restorations (holder) WHERE swept = 1;
"""
_ROWS = "SELECT id, holder, name, restores, key, expires_at, spent_at, issued FROM restorations WHERE "


@dataclass(frozen=True, slots=True)
class Restoration:
    """Who proves the key of certificate `holder` may take `name` again, once."""

    id: str
    holder: str
    name: str
    restores: str
    """The serial of the revoked certificate."""
    key: bytes
    """The public key (DER) that it must have again; empty: a new one."""
    expires_at: float
    spent_at: float | None = None
    issued: str = ""
    """The serial of the certificate that was issued for it."""


class RestorationTable:
    """Part of the CA's database. Writes belong inside of its `change`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, item: Restoration) -> None:
        """Remember a permission."""
        self._db.execute(
            "INSERT INTO restorations (id, holder, name, restores, key, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (item.id, item.holder, item.name, item.restores, item.key, item.expires_at),
        )

    def get(self, restoration_id: str) -> Restoration | None:
        """The permission with this ID."""
        found = self._many("id = ?", restoration_id)
        return found[0] if found else None

    def spend(self, restoration_id: str, issued: str, now: float) -> None:
        """It gave the certificate with serial `issued`."""
        self._db.execute(
            "UPDATE restorations SET spent_at = ?, issued = ? WHERE id = ?", (now, issued, restoration_id)
        )

    def finished(self, now: float, grace_s: float) -> list[Restoration]:
        """Those that were spent longer than `grace_s` ago or have expired, and are not swept away yet."""
        return self._many("swept = 0 AND (spent_at <= ? OR expires_at <= ?)", now - grace_s, now)

    def mark_swept(self, restoration_id: str) -> None:
        """Nobody can come in with it any more."""
        self._db.execute("UPDATE restorations SET swept = 1 WHERE id = ?", (restoration_id,))

    def _many(self, where: str, *values: object) -> list[Restoration]:
        return [Restoration(*row) for row in self._db.execute(_ROWS + where, values)]
