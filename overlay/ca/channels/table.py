"""The CA's memory of who reads which channel, so that every door lets an agent in with what it may read."""

from __future__ import annotations

import sqlite3

from overlay.naming.ids import PartyId

CHANNELS_SCHEMA = """
CREATE TABLE channels (channel TEXT PRIMARY KEY, log TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE readers (
    name TEXT NOT NULL, channel TEXT NOT NULL, reads INTEGER NOT NULL, settled INTEGER NOT NULL,
    PRIMARY KEY (name, channel)) WITHOUT ROWID;
CREATE INDEX readers_of ON readers (channel);
"""
READ_BY = "SELECT channel FROM readers WHERE name = ? AND reads = 1 ORDER BY channel"


class ReadersTable:
    """Part of the CA's database. Writes belong inside of its `change`. Who reads no more stays, unsettled,
    until the broker knows.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def is_news(self, channel: str, log: str, revision: int) -> bool:
        """Whether this word on a channel is later than what we have."""
        row = self._db.execute("SELECT log, revision FROM channels WHERE channel = ?", (channel,)).fetchone()
        return row is None or row[0] != log or row[1] < revision

    def put(self, channel: str, log: str, revision: int, names: frozenset[str]) -> None:
        """These read it from now on."""
        self._db.execute("INSERT OR REPLACE INTO channels VALUES (?, ?, ?)", (channel, log, revision))
        rows = self._db.execute("SELECT name, reads FROM readers WHERE channel = ?", (channel,)).fetchall()
        before = {name for name, reads in rows if reads}
        self._db.executemany(
            "INSERT OR REPLACE INTO readers VALUES (?, ?, 1, 0)", [(name, channel) for name in names - before]
        )
        self._db.executemany(
            "UPDATE readers SET reads = 0, settled = 0 WHERE name = ? AND channel = ?",
            [(name, channel) for name in before - names],
        )

    def read_by(self, name: str) -> list[PartyId]:
        """What an agent reads."""
        return [PartyId.parse(row[0]) for row in self._db.execute(READ_BY, (name,))]

    def unsettled(self) -> dict[str, tuple[list[PartyId], list[PartyId]]]:
        """Whose mailboxes are to be changed: what each came to read, and what it reads no more."""
        found: dict[str, tuple[list[PartyId], list[PartyId]]] = {}
        for name, channel, reads in self._db.execute(
            "SELECT name, channel, reads FROM readers WHERE settled = 0"
        ):
            came, gone = found.setdefault(name, ([], []))
            (came if reads else gone).append(PartyId.parse(channel))
        return found

    def settle(self, name: str, came: list[PartyId], gone: list[PartyId]) -> None:
        """The broker knows of these."""
        self._db.executemany(
            "UPDATE readers SET settled = 1 WHERE name = ? AND channel = ? AND reads = 1",
            [(name, str(channel)) for channel in came],
        )
        self._db.executemany(
            "DELETE FROM readers WHERE name = ? AND channel = ? AND reads = 0",
            [(name, str(channel)) for channel in gone],
        )
