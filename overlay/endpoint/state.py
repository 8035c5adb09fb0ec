"""What a party must not forget: its outbox, and the ledger of reliable messages that it has handled."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from overlay.clock import Clock
from overlay.endpoint.claims import Claims
from overlay.endpoint.dead_letters import SCHEMA, DeadLetters
from overlay.endpoint.state_file import Row, StateFile
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.transport.contract import OnError

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS outbox (
    id BLOB PRIMARY KEY, receiver TEXT NOT NULL, priority TEXT NOT NULL, subject TEXT NOT NULL,
    content BLOB NOT NULL, sealed BLOB NOT NULL, deadline REAL NOT NULL, owner TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_owner ON outbox (owner);
CREATE TABLE IF NOT EXISTS owners (owner TEXT PRIMARY KEY, alive_until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
    sender TEXT NOT NULL, id BLOB NOT NULL, until REAL NOT NULL, answer BLOB NOT NULL,
    failed INTEGER NOT NULL, sendings INTEGER NOT NULL, PRIMARY KEY (sender, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_until ON ledger (until);
CREATE TABLE IF NOT EXISTS streams (
    sender TEXT NOT NULL, stream INTEGER NOT NULL, reached INTEGER NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (sender, stream)) WITHOUT ROWID;
{SCHEMA}
"""
_LETTER = "SELECT id, receiver, priority, subject, content, sealed, deadline FROM outbox WHERE id = ?"
_ORPHANS = "SELECT id FROM outbox WHERE owner NOT IN (SELECT owner FROM owners) LIMIT ?"
_HANDLED = "SELECT answer, failed, sendings FROM ledger WHERE sender = ? AND id = ?"
_REACHED = """INSERT INTO streams VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
    SET reached = max(reached, excluded.reached), until = max(until, excluded.until)"""


@dataclass(frozen=True, slots=True)
class Letter:
    """One row of the outbox: everything that is needed to store the identical bytes again, and in plain what
    they say, should they have to be sealed anew.
    """

    id: bytes
    receiver: PartyId
    priority: Priority
    subject: str
    content: bytes
    sealed: bytes
    deadline: float

    @property
    def size(self) -> int:
        """About its bytes on disk."""
        return len(self.content) + len(self.sealed)


class Handled(NamedTuple):
    """How a message ended here."""

    answer: bytes
    """What its sender was answered; empty: a receipt."""
    failed: bool
    sendings: int
    """The `Content.sendings` of the copy that was handled."""

    def final(self, sendings: int) -> bool:
        """Whether a copy with so many sendings is nothing new: what failed may be sent again."""
        return not self.failed or sendings <= self.sendings


class State:
    """Outbox, ledger and dead letters in one file, shared by the processes of a party."""

    def __init__(self, path: Path, settings: Settings, clock: Clock, on_error: OnError) -> None:
        self._file = StateFile(path, _SCHEMA, settings.state_busy_s, on_error)
        self.claims = Claims(path.with_suffix(".claims"))
        self.dead_letters = DeadLetters(self._file, settings, clock)

    # -- the outbox of this process (`owner`) ---------------------------------------------------------------
    async def keep(self, letter: Letter, owner: str) -> None:
        """On disk when this returns."""
        values = (
            letter.id,
            str(letter.receiver),
            letter.priority.value,
            letter.subject,
            letter.content,
            letter.sealed,
            letter.deadline,
            owner,
        )
        await self._file.write("INSERT OR REPLACE INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    async def replace(self, letter: Letter) -> None:
        """It is sealed anew: on disk when this returns, unless it has ended."""
        await self._file.write("UPDATE outbox SET sealed = ? WHERE id = ?", (letter.sealed, letter.id))

    def drop(self, message_id: bytes) -> None:
        """This message has ended."""
        self._file.write_soon("DELETE FROM outbox WHERE id = ?", (message_id,))

    def letter(self, message_id: bytes) -> Letter | None:
        """One message of the outbox."""
        rows = self._file.read(_LETTER, (message_id,))
        return _letter(rows[0]) if rows else None

    async def adopt(self, owner: str, alive_until: float, now: float, most: int) -> list[Letter]:
        """Say that `owner` lives, and take over up to `most` messages of processes that do not."""

        def change(connection: sqlite3.Connection) -> list[Row]:
            connection.execute("INSERT OR REPLACE INTO owners VALUES (?, ?)", (owner, alive_until))
            connection.execute("DELETE FROM owners WHERE alive_until < ?", (now,))
            connection.execute("DELETE FROM ledger WHERE until < ?", (now,))
            connection.execute("DELETE FROM streams WHERE until < ?", (now,))
            found = connection.execute(_ORPHANS, (most,)).fetchall()
            connection.executemany(
                "UPDATE outbox SET owner = ? WHERE id = ?", [(owner, row[0]) for row in found]
            )
            return [connection.execute(_LETTER, row).fetchone() for row in found]

        self.claims.hold(owner)
        return [_letter(row) for row in await self._file.change(change)]

    async def release(self, owner: str) -> None:
        """`owner` ends in good order: others may take over its messages at once."""
        await self._file.write("DELETE FROM owners WHERE owner = ?", (owner,))

    def alone(self, owner: str) -> bool:
        """Whether no other process of the party runs, as far as this file is shared."""
        rows = self._file.read("SELECT owner FROM owners WHERE owner <> ?", (owner,))
        return not any(self.claims.held(row[0]) for row in rows)

    # -- the ledger of the whole party ----------------------------------------------------------------------
    def handled(self, sender: PartyId, message_id: bytes) -> Handled | None:
        """How a message was handled; None: it was not."""
        rows = self._file.read(_HANDLED, (str(sender), message_id))
        return Handled(bytes(rows[0][0]), bool(rows[0][1]), rows[0][2]) if rows else None

    async def record(
        self, sender: PartyId, message_id: bytes, until: float, handled: Handled, stream: int, number: int
    ) -> None:
        """On disk when this returns: this message was handled, and must not be again."""

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
                (str(sender), message_id, until, *handled),
            )
            if stream:
                connection.execute(_REACHED, (str(sender), stream, number, until))

        await self._file.change(change)

    def reached(self, sender: PartyId, stream: int) -> int:
        """The highest number of this stream that was handled by any process; 0: none."""
        rows = self._file.read(
            "SELECT reached FROM streams WHERE sender = ? AND stream = ?", (str(sender), stream)
        )
        return int(rows[0][0]) if rows else 0

    async def close(self) -> None:
        """Everything is on disk when this returns."""
        await self._file.close()
        self.claims.close()


def _letter(row: Sequence[object]) -> Letter:
    message_id, receiver, priority, subject, content, sealed, deadline = row
    assert isinstance(message_id, bytes)
    assert isinstance(content, bytes)
    assert isinstance(sealed, bytes)
    assert isinstance(deadline, float)
    return Letter(
        message_id,
        PartyId.parse(str(receiver)),
        Priority(str(priority)),
        str(subject),
        content,
        sealed,
        deadline,
    )
