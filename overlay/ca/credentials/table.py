"""The CA's memory of the credentials that it issued."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from overlay.ca.credentials.protocol import IssuedCredential

CREDENTIAL_SCHEMA = """
CREATE TABLE credentials (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL,
    claims BLOB NOT NULL, issued_at REAL NOT NULL, valid_until REAL NOT NULL, place INTEGER NOT NULL,
    revoked_at REAL);
CREATE INDEX credentials_by_name ON credentials (name);
CREATE VIEW credentials_now AS SELECT number, id, name, type, claims, issued_at, valid_until, place, coalesce(
    revoked_at, (SELECT max(spent_at) FROM tokens WHERE tokens.name = credentials.name AND issued != ''
    AND spent_at > credentials.issued_at), (SELECT max(spent_at) FROM restorations AS back
    WHERE back.name = credentials.name AND spent_at > credentials.issued_at AND EXISTS (
    SELECT 1 FROM tokens JOIN certificates ON certificates.serial = back.restores
    WHERE tokens.name = back.name AND tokens.issued NOT IN ('', back.restores)
    AND tokens.spent_at > certificates.issued_at))) AS ended FROM credentials;
"""
"""A credential ends when it is revoked, or when its name is given to a new holder, or back to one from before
another.
"""
_ROWS = (
    "SELECT number, id, name, type, claims, issued_at, valid_until, coalesce(ended, 0.0), place"
    " FROM credentials_now WHERE "
)


class CredentialTable:
    """Part of the CA's database. Writes belong inside of its `change`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, item: IssuedCredential, place: int) -> None:
        """`place`: which bit of the status list is its own."""
        self._db.execute(
            "INSERT INTO credentials (id, name, type, claims, issued_at, valid_until, place)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(item.id, item.name, item.type, msgspec.json.encode(item.claims)),
                *(item.issued_at, item.valid_until, place),
            ),
        )

    def revoke(self, credential_id: str, now: float) -> None:
        """From now on, unless it was before."""
        self._db.execute(
            "UPDATE credentials SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (now, credential_id)
        )

    def get(self, credential_id: str) -> IssuedCredential | None:
        """The credential with this ID."""
        found = self._many("id = ?", credential_id)
        return found[0][0] if found else None

    def page(self, name: str, after: int, limit: int) -> list[IssuedCredential]:
        """Up to `limit` credentials (of `name` only, if given) with numbers above `after`, oldest first."""
        where = "number > ? AND (? = '' OR name = ?) ORDER BY number LIMIT ?"
        return [item for item, _ in self._many(where, after, name, name, limit)]

    def good_of(self, name: str, now: float, limit: int) -> list[tuple[IssuedCredential, int]]:
        """The newest of `name` that are neither ended nor expired, with their places."""
        where = "name = ? AND valid_until > ? AND ended IS NULL ORDER BY number DESC LIMIT ?"
        return self._many(where, name, now, limit)

    def places(self, now: float) -> set[int]:
        """Those of all that are not expired."""
        rows = self._db.execute("SELECT place FROM credentials WHERE valid_until > ?", (now,))
        return {row[0] for row in rows}

    def ended_places(self, now: float) -> frozenset[int]:
        """Those of all that ended before they expired."""
        rows = self._db.execute(
            "SELECT place FROM credentials_now WHERE valid_until > ? AND ended IS NOT NULL", (now,)
        )
        return frozenset(row[0] for row in rows)

    def _many(self, where: str, *values: object) -> list[tuple[IssuedCredential, int]]:
        return [(_item(row), row[8]) for row in self._db.execute(_ROWS + where, values)]


def _item(row: Sequence[Any]) -> IssuedCredential:
    number, credential_id, name, kind, claims, issued_at, valid_until, ended, _ = row
    said = msgspec.json.decode(claims, type=dict[str, str])
    return IssuedCredential(number, credential_id, name, kind, said, issued_at, valid_until, ended)
