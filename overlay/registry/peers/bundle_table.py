"""What the registry remembers of its own domain's roots for its peers; in its SQLite file."""

from __future__ import annotations

import sqlite3

BUNDLE_SCHEMA = """
CREATE TABLE bundle_news (epoch INTEGER NOT NULL, version INTEGER NOT NULL, statement BLOB NOT NULL);
"""


class BundleTable:
    """The newest statement of the CA, and as which change peers hear of it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def epoch(self) -> int:
        """Of the statement; 0 before there is one."""
        row = self._db.execute("SELECT epoch FROM bundle_news").fetchone()
        return int(row[0]) if row else 0

    def put(self, epoch: int, version: int, statement: bytes) -> None:
        """Inside a change: this one takes the place of the one before."""
        self._db.execute("DELETE FROM bundle_news")
        self._db.execute("INSERT INTO bundle_news VALUES (?, ?, ?)", (epoch, version, statement))

    def between(self, since: int, upto: int) -> bytes:
        """The statement, if it is among the changes after `since` up to `upto`; else empty."""
        query = "SELECT statement FROM bundle_news WHERE version > ? AND version <= ?"
        row = self._db.execute(query, (since, upto)).fetchone()
        return bytes(row[0]) if row else b""
