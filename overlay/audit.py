"""The audit log of CA and registry: append-only, each entry bound to all before it by a hash (CA-8)."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from overlay.clock import Clock
from overlay.database import transaction
from overlay.errors import Untrusted

AUDIT_SCHEMA = """
CREATE TABLE audit (number INTEGER PRIMARY KEY, entry BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
"""
DONE = "done"
Operation = tuple[float, str, str, str, str]
"""Of an entry to be: time, who, what, about, outcome."""
Head = tuple[int, bytes]
"""Number and hash of an entry."""
Row = tuple[int, bytes, bytes]
"""Number, entry, hash."""
START: Head = (0, bytes(32))
"""Before the first."""
_MAX_TEXT = 400


class AuditEntry(msgspec.Struct, frozen=True, array_like=True):
    """One operation: when, who asked, what, about whom, and what came of it (`done`, or why not)."""

    number: int
    time: float
    who: str
    what: str
    about: str
    outcome: str


class Tampered(Untrusted):
    """The chain does not hold from this entry on."""

    def __init__(self, entry: int) -> None:
        super().__init__(f"the audit log was changed at entry {entry}: keep the file and look into it")
        self.entry = entry


class AuditLog:
    """Entries in a table of the owner's database, so that a change and its entry are written together."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, buffer: int) -> None:
        """`buffer`: how many entries of questions may wait for the next write."""
        self._db = db
        self._clock = clock
        self._buffer = buffer
        self._waiting: list[Operation] = []

    def record(self, who: str, what: str, about: str, outcome: str = DONE) -> None:
        """Write an entry: with the transaction that is open, else at once. Raises Unavailable."""
        self._remember(who, what, about, outcome)
        try:
            self._write()
        except BaseException:
            self._waiting.pop()
            raise

    def note(self, who: str, what: str, about: str, outcome: str = DONE) -> None:
        """The same for a question that changed nothing: written with the next change, or by `flush`.

        Raises Unavailable when there is no room for it, neither here nor on the disk.
        """
        if len(self._waiting) >= self._buffer:
            self._write()
        self._remember(who, what, about, outcome)

    def append(self, operations: Sequence[Operation]) -> None:
        """Write entries of them: with the transaction that is open, else at once. Raises Unavailable."""
        self._waiting.extend(operations)
        try:
            self.flush()
        except BaseException:
            self._waiting.clear()
            raise

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            self._write()

    def head(self) -> Head:
        """Number and hash of the last entry. Kept elsewhere, they show whether the end was cut off."""
        row = self._db.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else START

    def entries(self, after: int = 0, limit: int = 100) -> Sequence[AuditEntry]:
        """Up to `limit` entries with numbers above `after`, oldest first."""
        self.flush()
        rows = self._db.execute(
            "SELECT entry FROM audit WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
        )
        return [msgspec.msgpack.decode(row[0], type=AuditEntry) for row in rows]

    def verify(self, head: Head | None = None) -> int:
        """Walk the whole chain, see `verify`."""
        return verify(self.rows(), head)

    def rows(self, after: int = 0) -> Iterator[Row]:
        """As they lie there, of the numbers above `after`."""
        query = "SELECT number, CAST(entry AS BLOB), CAST(hash AS BLOB) FROM audit WHERE number > ?"
        yield from self._db.execute(f"{query} ORDER BY number", (after,))

    def _remember(self, who: str, what: str, about: str, outcome: str) -> None:
        self._waiting.append((self._clock(), who, what, about, outcome))

    def _write(self) -> None:
        if self._db.in_transaction:
            self._append()
        else:
            with transaction(self._db):
                self._append()

    def _append(self) -> None:
        rows = link(self.head(), self._waiting)
        self._db.executemany("INSERT INTO audit VALUES (?, ?, ?)", rows)
        self._waiting.clear()


def link(head: Head, operations: Sequence[Operation]) -> list[Row]:
    """Number, entry and hash of each, to follow the entry of `head`."""
    number, last = head
    rows = []
    for time, *texts in operations:
        number += 1
        who, what, about, outcome = (text[:_MAX_TEXT] for text in texts)
        data = msgspec.msgpack.encode(AuditEntry(number, time, who, what, about, outcome))
        last = _chain(last, data)
        rows.append((number, data, last))
    return rows


def verify(rows: Iterable[Row], head: Head | None = None) -> int:
    """Walk a whole chain; returns the number of entries. `head`: what the chain must still contain.

    Raises Tampered at the first entry that is changed, missing or inserted; Untrusted when the head is
    not in it.
    """
    number, last = START
    seen = head is None or head == START
    for row_number, data, digest in rows:
        number += 1
        last = _chain(last, data)
        if row_number != number or digest != last or number_of(data) != number:
            raise Tampered(number)
        seen = seen or head == (number, last)
    if not seen:
        raise Untrusted("the audit log was cut off or made anew: its known head is not in it")
    return number


def _chain(last: bytes, data: bytes) -> bytes:
    return hashlib.sha256(last + data).digest()


def number_of(data: bytes) -> int:
    """Of an entry; -1: it is damaged."""
    try:
        return msgspec.msgpack.decode(data, type=AuditEntry).number
    except msgspec.MsgspecError:
        return -1
