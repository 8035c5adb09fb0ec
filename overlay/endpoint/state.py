"""What a party must not forget: its outbox, and the ledger of reliable messages that it has handled."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overlay.endpoint.claims import Claims
from overlay.endpoint.state_file import Row, StateFile
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.transport.contract import OnError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id BLOB PRIMARY KEY, receiver TEXT NOT NULL, priority TEXT NOT NULL, subject TEXT NOT NULL,
    sealed BLOB NOT NULL, deadline REAL NOT NULL, owner TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_owner ON outbox (owner);
CREATE TABLE IF NOT EXISTS owners (owner TEXT PRIMARY KEY, alive_until REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
    sender TEXT NOT NULL, id BLOB NOT NULL, until REAL NOT NULL, answer BLOB NOT NULL,
    PRIMARY KEY (sender, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ledger_until ON ledger (until);
"""
_LETTER = "SELECT id, receiver, priority, subject, sealed, deadline FROM outbox WHERE id = ?"
_ORPHANS = "SELECT id FROM outbox WHERE owner NOT IN (SELECT owner FROM owners) LIMIT ?"


@dataclass(frozen=True, slots=True)
class Letter:
    """One row of the outbox: everything that is needed to store the identical bytes again."""

    id: bytes
    receiver: PartyId
    priority: Priority
    subject: str
    sealed: bytes
    deadline: float


class State:
    """Outbox and ledger in one file, shared by the processes of a party."""

    def __init__(self, path: Path, busy_s: float, on_error: OnError) -> None:
        self._file = StateFile(path, _SCHEMA, busy_s, on_error)
        self.claims = Claims(path.with_suffix(".claims"))

    # -- the outbox of this process (`owner`) ---------------------------------------------------------------
    async def keep(self, letter: Letter, owner: str) -> None:
        """On disk when this returns."""
        await self._file.write(
            "INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                letter.id,
                str(letter.receiver),
                letter.priority.value,
                letter.subject,
                letter.sealed,
                letter.deadline,
                owner,
            ),
        )

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
            found = connection.execute(_ORPHANS, (most,)).fetchall()
            connection.executemany(
                "UPDATE outbox SET owner = ? WHERE id = ?", [(owner, row[0]) for row in found]
            )
            return [connection.execute(_LETTER, row).fetchone() for row in found]

        return [_letter(row) for row in await self._file.change(change)]

    async def release(self, owner: str) -> None:
        """`owner` ends in good order: others may take over its messages at once."""
        await self._file.write("DELETE FROM owners WHERE owner = ?", (owner,))

    # -- the ledger of the whole party ----------------------------------------------------------------------
    def handled(self, sender: PartyId, message_id: bytes) -> bytes | None:
        """What was answered to a message that was handled (empty: a receipt); None: it was not handled."""
        rows = self._file.read(
            "SELECT answer FROM ledger WHERE sender = ? AND id = ?", (str(sender), message_id)
        )
        return bytes(rows[0][0]) if rows else None

    async def record(self, sender: PartyId, message_id: bytes, until: float, answer: bytes) -> None:
        """On disk when this returns: this message was handled, and must not be again."""
        await self._file.write(
            "INSERT OR IGNORE INTO ledger VALUES (?, ?, ?, ?)", (str(sender), message_id, until, answer)
        )

    async def close(self) -> None:
        """Everything is on disk when this returns."""
        await self._file.close()
        self.claims.close()


def _letter(row: Sequence[object]) -> Letter:
    message_id, receiver, priority, subject, sealed, deadline = row
    assert isinstance(message_id, bytes)
    assert isinstance(sealed, bytes)
    assert isinstance(deadline, float)
    return Letter(
        message_id, PartyId.parse(str(receiver)), Priority(str(priority)), str(subject), sealed, deadline
    )
