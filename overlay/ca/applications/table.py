"""Applications that an administrator decides, as the CA remembers them: for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from overlay.ca.applications.application import Application
from overlay.ca.entries import Decision, Request

APPLICATIONS_SCHEMA = """
CREATE TABLE applications (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    key BLOB NOT NULL, asked BLOB NOT NULL, held TEXT NOT NULL, made_at REAL NOT NULL,
    decision TEXT NOT NULL, decided_at REAL, why TEXT NOT NULL, issued TEXT NOT NULL);
CREATE INDEX open_applications ON applications (made_at) WHERE decision = 'open';
"""
_SELECT = (
    "SELECT id, token, name, key, asked, held, made_at, decision, decided_at, why, issued, number"
    " FROM applications WHERE "
)
_MAX_INTEGER = (1 << 63) - 1


class ApplicationsTable:
    """Writes belong into a change of the store that owns the connection."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, item: Request) -> None:
        """Remember a request."""
        self._db.execute(
            "INSERT INTO applications (id, token, name, key, asked, held, made_at, decision, decided_at, why,"
            " issued) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(item.id, item.token, item.name, item.key, msgspec.msgpack.encode(item.asked), item.held),
                *(item.made_at, item.decision.value, item.decided_at, item.why, item.issued),
            ),
        )

    def decide(self, item: Request) -> None:
        """Remember what was decided of it."""
        self._db.execute(
            "UPDATE applications SET decision = ?, decided_at = ?, why = ?, issued = ? WHERE id = ?",
            (item.decision.value, item.decided_at, item.why, item.issued, item.id),
        )

    def of_token(self, token: str) -> Request | None:
        """What was asked with this join token."""
        return _first(self._many("token = ?", token))

    def get(self, request: str) -> Request | None:
        """The request with this ID."""
        return _first(self._many("id = ?", request))

    def open(self, since: float) -> int:
        """How many made after `since` are not decided."""
        row = self._db.execute(
            "SELECT count(*) FROM applications WHERE decision = 'open' AND made_at > ?", (since,)
        ).fetchone()
        return int(row[0])

    def page(self, after: int, limit: int, *, open_since: float | None) -> list[Request]:
        """Up to `limit` with numbers above `after`, oldest first; only the open ones made after `open_since`,
        if it is given.
        """
        where = "number > ? AND (? IS NULL OR (decision = 'open' AND made_at > ?)) ORDER BY number LIMIT ?"
        return self._many(where, min(after, _MAX_INTEGER), open_since, open_since, limit)

    def _many(self, where: str, *values: object) -> list[Request]:
        return [_request(row) for row in self._db.execute(_SELECT + where, values)]


def _first(found: list[Request]) -> Request | None:
    return found[0] if found else None


def _request(row: Sequence[Any]) -> Request:
    request, token, name, key, asked, held, made_at, decision, decided_at, why, issued, number = row
    made = Request(request, token, name, key, msgspec.msgpack.decode(asked, type=Application), held, made_at)
    return replace(
        made, decision=Decision(decision), decided_at=decided_at, why=why, issued=issued, number=number
    )
