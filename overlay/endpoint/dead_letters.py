"""Dead letters: what was given up, kept with the reason, until somebody sends it again or drops it."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from overlay.clock import Clock
from overlay.endpoint.state_file import Row, StateFile
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.wire.content import Content, decode_content, encode_content

SCHEMA = """
CREATE TABLE IF NOT EXISTS dead (
    side TEXT NOT NULL, party TEXT NOT NULL, id BLOB NOT NULL, priority TEXT NOT NULL, content BLOB NOT NULL,
    deadline REAL NOT NULL, reason TEXT NOT NULL, said TEXT NOT NULL, at REAL NOT NULL,
    attempts INTEGER NOT NULL, PRIMARY KEY (side, party, id));
CREATE INDEX IF NOT EXISTS dead_at ON dead (at);
"""
_SENT = """INSERT OR REPLACE INTO dead
    SELECT 'sent', receiver, id, priority, content, deadline, ?, ?, ?, ? FROM outbox WHERE id = ?"""
_RECEIVED = "INSERT OR REPLACE INTO dead VALUES ('received', ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OLDEST = "DELETE FROM dead WHERE rowid IN (SELECT rowid FROM dead ORDER BY at LIMIT ?)"
_MAX_SAID = 1000


class Side(StrEnum):
    """Whose end it was given up at."""

    SENT = "sent"
    """By us, as its sender: the receiver is the other party."""
    RECEIVED = "received"
    """By our handler, for good: its sender knows, and is the other party."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was given up."""

    side: Side
    party: PartyId
    """The other one: its receiver, or its sender."""
    id: bytes
    priority: Priority
    content: Content
    """In plain: it lies in the state file, which is for its owner's eyes only."""
    deadline: float
    reason: str
    said: str
    """The reason in words."""
    at: float
    attempts: int
    """How often it was stored at our broker, or given to the handler."""


class DeadLetters:
    """Of one party, in its state file; bounded in number, bytes and age: the oldest go first."""

    def __init__(self, file: StateFile, settings: Settings, clock: Clock) -> None:
        self._file = file
        self._settings = settings
        self._clock = clock

    def sent(self, message_id: bytes, reason: str, said: str, attempts: int) -> asyncio.Future[None]:
        """This message of the outbox is one now; on disk with the result, which may be Unavailable."""
        values = (reason, said[:_MAX_SAID], self._clock(), attempts, message_id)

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(_SENT, values)
            connection.execute("DELETE FROM outbox WHERE id = ?", (message_id,))
            self._bound(connection)

        return self._file.begin(change)

    async def received(self, letter: DeadLetter) -> None:
        """Our handler rejected this one for good."""
        values = (
            str(letter.party),
            letter.id,
            letter.priority.value,
            encode_content(letter.content),
            letter.deadline,
            letter.reason,
            letter.said[:_MAX_SAID],
            letter.at,
            letter.attempts,
        )

        def change(connection: sqlite3.Connection) -> None:
            connection.execute(_RECEIVED, values)
            self._bound(connection)

        await self._file.change(change)

    def all(self) -> list[DeadLetter]:
        """The oldest first. Raises Unavailable."""
        return [_letter(row) for row in self._file.read("SELECT * FROM dead ORDER BY at")]

    def get(self, message_id: bytes) -> DeadLetter:
        """Raises NotFound, Unavailable."""
        rows = self._file.read("SELECT * FROM dead WHERE id = ? ORDER BY side DESC", (message_id,))
        if not rows:
            raise NotFound(f"there is no dead letter {message_id.hex()}: `overlay dead-letters list`")
        return _letter(rows[0])

    async def drop(self, message_id: bytes) -> None:
        """It is of no interest any more. Raises NotFound, Unavailable."""
        self.get(message_id)
        await self._file.write("DELETE FROM dead WHERE id = ?", (message_id,))

    async def forget(self, side: Side, message_id: bytes) -> None:
        """It ended well after all."""
        await self._file.write("DELETE FROM dead WHERE side = ? AND id = ?", (side.value, message_id))

    def _bound(self, connection: sqlite3.Connection) -> None:
        settings = self._settings
        connection.execute("DELETE FROM dead WHERE at < ?", (self._clock() - settings.dead_letter_age_s,))
        count, size = connection.execute("SELECT count(*), total(length(content)) FROM dead").fetchone()
        while count and (count > settings.dead_letters or size > settings.dead_letter_bytes):
            connection.execute(_OLDEST, (max(1, count - settings.dead_letters),))
            count, size = connection.execute("SELECT count(*), total(length(content)) FROM dead").fetchone()


def _letter(row: Row) -> DeadLetter:
    side, party, message_id, priority, content, deadline, reason, said, at, attempts = row
    return DeadLetter(
        Side(side),
        PartyId.parse(party),
        message_id,
        Priority(priority),
        decode_content(content),
        deadline,
        reason,
        said,
        at,
        attempts,
    )
