"""What the registry remembers, in one SQLite file: records, their changes, peers and what they told us."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from overlay.audit import AUDIT_SCHEMA, AuditLog
from overlay.clock import Clock
from overlay.database import open_database, transaction
from overlay.naming.ids import PartyId
from overlay.registry.peers.bundle_table import BUNDLE_SCHEMA, BundleTable
from overlay.registry.protocol import Denied, Peer
from overlay.registry.record import Record

_VERSION = 1
_MAX_INTEGER = (1 << 63) - 1
_SCHEMA = f"""
CREATE TABLE log (id TEXT NOT NULL);
CREATE TABLE records (name TEXT PRIMARY KEY, version INTEGER NOT NULL, record BLOB);
CREATE UNIQUE INDEX by_version ON records (version);
CREATE TABLE peers (domain TEXT PRIMARY KEY, peer BLOB NOT NULL, generation INTEGER NOT NULL);
CREATE TABLE border (policy BLOB NOT NULL);
CREATE TABLE heard (
    party TEXT PRIMARY KEY, domain TEXT NOT NULL, generation INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX by_domain ON heard (domain, generation);
CREATE TABLE denied (
    number INTEGER PRIMARY KEY AUTOINCREMENT, domain TEXT NOT NULL, serial TEXT NOT NULL,
    version INTEGER NOT NULL, UNIQUE (domain, serial));
CREATE TABLE expelled (serial TEXT PRIMARY KEY, name TEXT NOT NULL, record BLOB NOT NULL, at REAL NOT NULL);
{BUNDLE_SCHEMA}
{AUDIT_SCHEMA}"""
_encode = msgspec.msgpack.Encoder().encode
_record = msgspec.msgpack.Decoder(Record).decode
_peer = msgspec.msgpack.Decoder(Peer).decode


class RegistryStore:
    """The database. Every change is on the disk when it returns."""

    def __init__(self, path: Path, clock: Clock, audit_buffer: int) -> None:
        """Raises BadSettings."""
        self._db: sqlite3.Connection = open_database(path, _SCHEMA, _VERSION)
        self.audit = AuditLog(self._db, clock, audit_buffer)
        self.bundles = BundleTable(self._db)
        self.log = self._log()

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

    def _log(self) -> str:
        row = self._db.execute("SELECT id FROM log").fetchone()
        if row:
            return str(row[0])
        log = secrets.token_hex(16)
        self._db.execute("INSERT INTO log VALUES (?)", (log,))
        return log

    # -- own records ------------------------------------------------------------------------------------
    def version(self) -> int:
        """The number of the last change."""
        row = self._db.execute(
            "SELECT max((SELECT coalesce(max(version), 0) FROM records),"
            " (SELECT coalesce(max(version), 0) FROM bundle_news),"
            " (SELECT coalesce(max(version), 0) FROM denied))"
        ).fetchone()
        return int(row[0])

    def put(self, name: str, version: int, record: Record | None) -> None:
        """Remember the record of `name`, or that it is gone."""
        data = None if record is None else _encode(record)
        self._db.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (name, version, data))

    def records(self) -> list[Record]:
        """All that are not gone."""
        rows = self._db.execute("SELECT record FROM records WHERE record IS NOT NULL")
        return [_record(row[0]) for row in rows]

    def changed(self, since: int, limit: int) -> list[tuple[str, int, Record | None]]:
        """Names, change numbers and records (None: gone) after `since`, oldest first."""
        rows = self._db.execute(
            "SELECT name, version, record FROM records WHERE version > ? ORDER BY version LIMIT ?",
            (since, limit),
        )
        return [(name, version, None if data is None else _record(data)) for name, version, data in rows]

    # -- peers ------------------------------------------------------------------------------------------
    def peers(self) -> list[tuple[Peer, int]]:
        """All peers, each with the generation of what we know of it."""
        rows = self._db.execute("SELECT peer, generation FROM peers ORDER BY domain")
        return [(_peer(data), generation) for data, generation in rows]

    def put_peer(self, peer: Peer, generation: int) -> None:
        """Remember a peer."""
        row = (peer.domain, _encode(peer), generation)
        self._db.execute("INSERT OR REPLACE INTO peers VALUES (?, ?, ?)", row)

    def drop_peer(self, domain: str) -> None:
        """Forget a peer, with all it told us."""
        self._db.execute("DELETE FROM peers WHERE domain = ?", (domain,))
        self._db.execute("DELETE FROM heard WHERE domain = ?", (domain,))
        self._db.execute("DELETE FROM denied WHERE domain = ?", (domain,))

    def heard(self) -> list[tuple[Record, int]]:
        """All records of peers, each with its generation."""
        rows = self._db.execute("SELECT record, generation FROM heard")
        return [(_record(data), generation) for data, generation in rows]

    def put_heard(self, domain: str, generation: int, record: Record) -> None:
        """Remember a record that a peer told us."""
        row = (record.party, domain, generation, _encode(record))
        self._db.execute("INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?)", row)

    def drop_heard(self, party: str) -> None:
        """Forget it."""
        self._db.execute("DELETE FROM heard WHERE party = ?", (party,))

    # -- border -----------------------------------------------------------------------------------------
    def border(self) -> bytes:
        """The border policy; empty: none was set."""
        row = self._db.execute("SELECT policy FROM border").fetchone()
        return bytes(row[0]) if row else b""

    def put_border(self, policy: bytes) -> None:
        """Remember it in place of the former one."""
        self._db.execute("DELETE FROM border")
        self._db.execute("INSERT INTO border VALUES (?)", (policy,))

    # -- deny list --------------------------------------------------------------------------------------
    def deny(self, domain: str, serial: str, version: int) -> None:
        """Remember a revoked certificate; `version` is the change number if it is ours, else 0."""
        row = (domain, serial, version)
        self._db.execute("INSERT OR IGNORE INTO denied (domain, serial, version) VALUES (?, ?, ?)", row)

    def denied(self, after: int, limit: int) -> list[Denied]:
        """Entries with numbers above `after`, oldest first."""
        query = "SELECT number, domain, serial FROM denied WHERE number > ? ORDER BY number LIMIT ?"
        return [Denied(*row) for row in self._db.execute(query, (min(after, _MAX_INTEGER), limit))]

    def last_denied(self) -> int:
        """The number of the last entry; 0 when there is none."""
        return int(self._db.execute("SELECT coalesce(max(number), 0) FROM denied").fetchone()[0])

    def denied_of(self, domain: str, limit: int) -> tuple[str, ...]:
        """The latest serials of `domain`."""
        query = "SELECT serial FROM denied WHERE domain = ? ORDER BY number DESC LIMIT ?"
        return tuple(row[0] for row in self._db.execute(query, (domain, limit)))

    def denied_count(self, domain: str) -> int:
        """How many serials of `domain` are remembered."""
        query = "SELECT count(*) FROM denied WHERE domain = ?"
        return int(self._db.execute(query, (domain,)).fetchone()[0])

    def denied_after(self, version: int, limit: int) -> list[tuple[str, int]]:
        """Our own serials with change numbers above `version`, and those numbers, oldest first."""
        query = "SELECT serial, version FROM denied WHERE version > ? ORDER BY version LIMIT ?"
        return self._db.execute(query, (version, limit)).fetchall()

    # -- what was expelled ------------------------------------------------------------------------------
    def keep_expelled(self, serial: str, record: Record, now: float) -> None:
        """Keep the record that stood on certificate `serial`, in case its holder comes back (CA-7)."""
        row = (serial, PartyId.parse(record.party).name, _encode(record), now)
        self._db.execute("INSERT OR REPLACE INTO expelled VALUES (?, ?, ?, ?)", row)

    def expelled(self, serial: str) -> Record | None:
        """The record that stood on it, if it is kept."""
        row = self._db.execute("SELECT record FROM expelled WHERE serial = ?", (serial,)).fetchone()
        return None if row is None else _record(row[0])

    def drop_expelled(self, before: float) -> None:
        """Forget those that were expelled earlier."""
        self._db.execute("DELETE FROM expelled WHERE at < ?", (before,))
