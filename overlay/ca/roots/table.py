"""What the CA remembers of a rollover, and of who fetched which card of the domain; in its SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from cryptography import x509

from overlay.ca.protocol import Reason
from overlay.ca.roots.protocol import Holder
from overlay.database import transaction
from overlay.trust.identity import Role

ROLLOVER_SCHEMA = """
CREATE TABLE rollover (root TEXT PRIMARY KEY, begun REAL NOT NULL);
CREATE TABLE told_card (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL);
"""
_BEHIND = (
    "SELECT DISTINCT name FROM certificates"
    " WHERE revoked_at IS NULL AND not_after > ? AND role IN (?, ?, ?, ?)"
    " AND name NOT IN (SELECT name FROM told_card WHERE epoch >= ?) ORDER BY name"
)
_VALID = (
    "SELECT name, role, serial, not_after, certificate FROM certificates"
    " WHERE revoked_at IS NULL AND not_after > ?"
    " AND (role != ? OR serial IN (SELECT serial FROM tokens WHERE swept = 0 AND spent_at IS NULL))"
    " ORDER BY number"
)


class RolloverTable:
    """Over the CA's database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def begun(self) -> tuple[str, float] | None:
        """Which root (its fingerprint) takes over, and since when."""
        row = self._db.execute("SELECT root, begun FROM rollover").fetchone()
        return (str(row[0]), float(row[1])) if row else None

    def begin(self, root: str, now: float) -> None:
        """This root takes over."""
        self._db.execute("DELETE FROM rollover")
        self._db.execute("INSERT INTO rollover VALUES (?, ?)", (root, now))

    def end(self) -> None:
        """It is over."""
        self._db.execute("DELETE FROM rollover")

    def tell(self, name: str, epoch: int) -> None:
        """This party has the card of this epoch."""
        row = self._db.execute("SELECT epoch FROM told_card WHERE name = ?", (name,)).fetchone()
        if row is None or row[0] != epoch:
            with transaction(self._db):
                self._db.execute("INSERT OR REPLACE INTO told_card VALUES (?, ?)", (name, epoch))

    def behind(self, epoch: int, now: float) -> tuple[str, ...]:
        """Names of agents and of the domain's own with a valid certificate and an earlier card."""
        roles = (Role.AGENT, Role.SERVICE, Role.GATEWAY, Role.OPERATOR)
        rows = self._db.execute(_BEHIND, (now, *roles, epoch))
        return tuple(row[0] for row in rows)

    def valid_under(self, root: x509.Certificate, now: float) -> list[Holder]:
        """The certificates of this root that are good for something, oldest first; tokens that may still be
        used count too.
        """
        rows = self._db.execute(_VALID, (now, Role.JOIN))
        return [
            Holder(name, role, serial, not_after)
            for name, role, serial, not_after, der in rows
            if x509.load_der_x509_certificate(der).issuer == root.subject
        ]

    def supersede(self, serials: Sequence[str], now: float) -> None:
        """Inside a change: these count no more, and nobody needs to be told, since their root does not."""
        rows = [(now, Reason.SUPERSEDED, serial) for serial in serials]
        query = "UPDATE certificates SET revoked_at = ?, reason = ? WHERE serial = ? AND revoked_at IS NULL"
        self._db.executemany(query, rows)
