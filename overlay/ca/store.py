"""What the CA remembers: certificates, join tokens and its audit log, in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from overlay.audit import AUDIT_SCHEMA, AuditLog
from overlay.ca.applications.application import Application
from overlay.ca.applications.table import APPLICATIONS_SCHEMA, ApplicationsTable
from overlay.ca.channels.table import CHANNELS_SCHEMA, ReadersTable
from overlay.ca.credentials.table import CREDENTIAL_SCHEMA, CredentialTable
from overlay.ca.entries import Certificate, Token
from overlay.ca.protocol import Reason
from overlay.ca.revocation.restoration_table import RESTORATION_SCHEMA, RestorationTable
from overlay.ca.revocation.table import REVOCATION_SCHEMA, RevocationTable
from overlay.ca.roots.table import ROLLOVER_SCHEMA, RolloverTable
from overlay.clock import Clock
from overlay.database import open_database, transaction
from overlay.trust.identity import Role

_VERSION = 1
_MAX_INTEGER = (1 << 63) - 1
_SCHEMA = f"""
CREATE TABLE certificates (
    number INTEGER PRIMARY KEY, serial TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL,
    key BLOB NOT NULL, certificate BLOB NOT NULL, issued_at REAL NOT NULL, not_after REAL NOT NULL,
    organisation TEXT NOT NULL, developer TEXT NOT NULL, function TEXT NOT NULL,
    qualification TEXT NOT NULL, revoked_at REAL, reason TEXT NOT NULL DEFAULT '',
    told INTEGER NOT NULL DEFAULT 1);
CREATE INDEX by_name ON certificates (name);
CREATE INDEX by_key ON certificates (key);
CREATE INDEX untold ON certificates (told) WHERE told = 0;
CREATE TABLE tokens (
    id TEXT PRIMARY KEY, serial TEXT NOT NULL, name TEXT NOT NULL, terms BLOB NOT NULL,
    again INTEGER NOT NULL, expires_at REAL NOT NULL, spent_at REAL, issued TEXT NOT NULL DEFAULT '',
    enrolment TEXT NOT NULL DEFAULT '', swept INTEGER NOT NULL DEFAULT 0);
CREATE INDEX tokens_by_name ON tokens (name);
CREATE INDEX unswept ON tokens (swept) WHERE swept = 0;
CREATE INDEX swept_tokens ON tokens (serial) WHERE swept = 1;
CREATE INDEX swept_enrolments ON tokens (enrolment) WHERE swept = 1;
{APPLICATIONS_SCHEMA}
{REVOCATION_SCHEMA}
{RESTORATION_SCHEMA}
{ROLLOVER_SCHEMA}
{CREDENTIAL_SCHEMA}
{CHANNELS_SCHEMA}
{AUDIT_SCHEMA}"""
_CERTIFICATES = (
    "SELECT serial, key, certificate, issued_at, not_after, organisation, developer, function,"
    " qualification, revoked_at, reason, number FROM certificates WHERE "
)
_TOKENS = "SELECT id, serial, name, terms, again, expires_at, spent_at, issued, enrolment FROM tokens WHERE "


class CaStore:
    """The database. Every write is on the disk when it returns."""

    def __init__(self, path: Path, clock: Clock, audit_buffer: int) -> None:
        """Raises BadSettings."""
        self.folder = path.parent
        """Where it lies, with other files of the CA."""
        self._db: sqlite3.Connection = open_database(path, _SCHEMA, _VERSION)
        self.rollover = RolloverTable(self._db)
        self.audit = AuditLog(self._db, clock, audit_buffer)
        self.credentials = CredentialTable(self._db)
        self.readers = ReadersTable(self._db)
        self.applications = ApplicationsTable(self._db)
        self.revocations = RevocationTable(self._db)
        self.restorations = RestorationTable(self._db)

    def close(self) -> None:
        """Idempotent."""
        self.audit.flush()
        self._db.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """All writes inside, audit entries included, or none."""
        self.audit.flush()
        with transaction(self._db):
            yield

    def add_certificate(self, item: Certificate) -> None:
        """Remember an issued certificate."""
        who = item.identity
        self._db.execute(
            "INSERT INTO certificates (serial, name, role, key, certificate, issued_at, not_after,"
            " organisation, developer, function, qualification) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(item.serial, who.party.name, who.role.value, item.key, item.der),
                *(item.issued_at, item.not_after, item.organisation, item.developer, item.function),
                item.qualification,
            ),
        )

    def by_serial(self, serial: str) -> Certificate | None:
        """The certificate with this serial."""
        return self._one("serial = ?", serial)

    def newest_of(self, name: str) -> Certificate | None:
        """The certificate of `name` that was issued last."""
        return self._one("name = ?", name)

    def valid_of(self, name: str, now: float) -> list[Certificate]:
        """The certificates of `name` that are neither revoked nor expired, oldest first."""
        where = "name = ? AND revoked_at IS NULL AND not_after > ? ORDER BY number"
        return self._many(where, name, now)

    def unexpired_of(self, name: str, now: float) -> list[Certificate]:
        """The certificates of `name` that have not expired, revoked ones too, oldest first."""
        return self._many("name = ? AND not_after > ? ORDER BY number", name, now)

    def valid_in(self, organisation: str, now: float) -> list[Certificate]:
        """The certificates of agents of an organisation that are neither revoked nor expired."""
        where = "organisation = ? AND role = ? AND revoked_at IS NULL AND not_after > ? ORDER BY number"
        return self._many(where, organisation, Role.AGENT.value, now)

    def valid_agents(self, now: float) -> list[Certificate]:
        """The certificates of all agents that are neither revoked nor expired, oldest first."""
        where = "role = ? AND revoked_at IS NULL AND not_after > ? ORDER BY number"
        return self._many(where, Role.AGENT.value, now)

    def names_with_key(self, key: bytes) -> set[str]:
        """Who holds, or held, a certificate for this public key."""
        return {row[0] for row in self._db.execute("SELECT name FROM certificates WHERE key = ?", (key,))}

    def key_leaked(self, key: bytes) -> bool:
        """Whether a certificate for this public key was revoked because others may have the private one."""
        return bool(self._many("key = ? AND reason = ?", key, Reason.KEY_COMPROMISE.value))

    def revoked_since(self, name: str, since: float) -> bool:
        """Whether a certificate of `name` was revoked after that, and not because another took its place."""
        where = "name = ? AND revoked_at > ? AND reason != ? LIMIT 1"
        return bool(self._many(where, name, since, Reason.SUPERSEDED.value))

    def page(self, after: int, limit: int, *, joins: bool) -> list[Certificate]:
        """Up to `limit` certificates with numbers above `after`, oldest first."""
        where = "number > ? AND (? OR role != ?) ORDER BY number LIMIT ?"
        return self._many(where, min(after, _MAX_INTEGER), joins, Role.JOIN.value, limit)

    def revoke(self, serial: str, reason: str, now: float) -> None:
        """Mark a certificate revoked, to be told to the domain."""
        self._db.execute(
            "UPDATE certificates SET revoked_at = ?, reason = ?, told = 0 WHERE serial = ?",
            (now, reason, serial),
        )
        self.revocations.add(serial)

    def regrade(self, serial: str, reason: str) -> None:
        """A certificate was revoked, but there is a graver reason than was said."""
        self._db.execute("UPDATE certificates SET reason = ? WHERE serial = ?", (reason, serial))

    def is_untold(self, serial: str) -> bool:
        """Whether it is revoked, and the domain was not told yet."""
        return bool(self._many("told = 0 AND serial = ?", serial))

    def untold(self) -> list[Certificate]:
        """Revoked ones of which the domain was not told yet."""
        return self._many("told = 0 ORDER BY number")

    def mark_told(self, serial: str) -> None:
        """The domain knows."""
        with transaction(self._db):
            self._db.execute("UPDATE certificates SET told = 1 WHERE serial = ?", (serial,))

    def add_token(self, token: Token) -> None:
        """Remember a token that was made."""
        self._db.execute(
            "INSERT INTO tokens (id, serial, name, terms, again, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(token.id, token.serial, token.name, msgspec.msgpack.encode(token.terms)),
                *(token.again, token.expires_at),
            ),
        )

    def token(self, token_id: str) -> Token | None:
        """The token with this ID."""
        rows = self._tokens("id = ?", token_id)
        return rows[0] if rows else None

    def spend(self, token_id: str, issued: str, now: float) -> None:
        """The token gave the certificate with serial `issued`."""
        self._db.execute("UPDATE tokens SET spent_at = ?, issued = ? WHERE id = ?", (now, issued, token_id))

    def prolong(self, token_id: str, enrolment: str, expires_at: float) -> None:
        """The token may be used longer, with the enrolment certificate of this serial."""
        self._db.execute(
            "UPDATE tokens SET enrolment = ?, expires_at = ? WHERE id = ?", (enrolment, expires_at, token_id)
        )

    def open_tokens(self, now: float) -> int:
        """How many tokens may still be used."""
        return len(self._tokens("swept = 0 AND spent_at IS NULL AND expires_at > ?", now))

    def finished_tokens(self, now: float, grace_s: float) -> list[Token]:
        """Tokens that were spent longer than `grace_s` ago or are expired, and not swept away yet."""
        return self._tokens("swept = 0 AND (spent_at <= ? OR expires_at <= ?)", now - grace_s, now)

    def enrolments_of(self, token: Token) -> list[Certificate]:
        """The token's own certificates."""
        return self._many("serial IN (?, ?) ORDER BY number", token.serial, token.enrolment)

    def mark_swept(self, token_id: str) -> None:
        """Nobody can come in with this token any more."""
        with transaction(self._db):
            self._db.execute("UPDATE tokens SET swept = 1 WHERE id = ?", (token_id,))

    def _one(self, where: str, *values: object) -> Certificate | None:
        found = self._many(f"{where} ORDER BY number DESC LIMIT 1", *values)
        return found[0] if found else None

    def _many(self, where: str, *values: object) -> list[Certificate]:
        rows = self._db.execute(_CERTIFICATES + where, values)
        return [Certificate(*row) for row in rows]

    def _tokens(self, where: str, *values: object) -> list[Token]:
        rows = self._db.execute(_TOKENS + where, values)
        return [_token(row) for row in rows]


def _token(row: Sequence[Any]) -> Token:
    token_id, serial, name, terms, again, *rest = row
    return Token(token_id, serial, name, msgspec.msgpack.decode(terms, type=Application), bool(again), *rest)
