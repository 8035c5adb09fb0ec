"""The session service's memory: records and session table, in one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from overlay.clock import DAY_S, Clock
from overlay.endpoint.state_file import StateFile
from overlay.errors import NotFound, Overloaded, Refused
from overlay.quality.quality import Quality
from overlay.sessions import records, table
from overlay.sessions.company import Company, decode_readers, encode_readers
from overlay.sessions.protocol import Entry, Kept, Kind, RecordPage, Taken
from overlay.settings import Settings
from overlay.transport.contract import OnError

Line = tuple[Kind, str, bytes, bytes]
"""Kind, sender, ID, data."""
_INCARNATION = "SELECT incarnation FROM records WHERE channel = ?"


class Book:
    """Every method raises Unavailable (the disk). What returns, is on the disk."""

    def __init__(self, path: Path, settings: Settings, clock: Clock, on_error: OnError) -> None:
        self._file = StateFile(path, records.SCHEMA + table.SCHEMA, settings.state_busy_s, on_error)
        self._settings = settings
        self._clock = clock
        self._limits = records.Limits(settings.session_lines, settings.session_ids)

    async def close(self) -> None:
        """Idempotent."""
        await self._file.close()

    async def know(self, company: Company) -> int:
        """Who is in a channel now; its record is begun where there is none. How many lines that made."""
        now, readers = self._clock(), encode_readers(company.readers)

        def change(db: sqlite3.Connection) -> int:
            records.begin(db, company.channel, company.born, company.recent, readers)
            return table.gather(db, company.channel, company.members, now, self._limits)

        return await self._file.change(change)

    async def open(self, company: Company, quality: Quality, idle_s: float) -> Entry:
        """The channel is a session from now on."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> None:
            times = (now, company.ends, idle_s)
            table.open_session(db, company.channel, company.owner, quality, times)
            table.gather(db, company.channel, company.members, now, self._limits)

        await self._file.change(change)
        return self.entry(company.channel)

    async def append(self, channel: str, line: Line) -> Taken:
        """Write it down, once. Raises NotFound, Refused (it is over), Overloaded (the record is full)."""
        now = self._clock()

        def change(db: sqlite3.Connection) -> int:
            number = records.append(db, channel, line, now, self._limits)
            table.touch(db, channel, now)
            return number

        return self._taken(channel, await self._file.change(change))

    async def revise(self, channel: str, sender: str, event: bytes, quality: Quality) -> Taken:
        """From now on this is its quality. Raises as `append`."""
        return await self._in_session(
            channel, lambda db, now: table.revise(db, channel, sender, (event, quality), now, self._limits)
        )

    async def keep(self, channel: str, party: str, number: int, data: bytes) -> Taken:
        """A checkpoint. Raises as `append`."""
        return await self._in_session(
            channel,
            lambda db, now: table.keep_checkpoint(db, channel, party, (number, data), now, self._limits),
        )

    async def finish(self, channel: str, by: str, why: str) -> Taken:
        """It is over. Raises NotFound."""
        now = self._clock()
        times = (now, now + self._settings.session_kept_days * DAY_S)
        number = await self._file.change(lambda db: table.finish(db, channel, by, why, times, self._limits))
        return Taken(number, self.incarnation(channel))

    async def tidy(self, by: str) -> list[str]:
        """End what is due, forget what is old; those that ended."""
        now = self._clock()
        for channel, why in (due := await self._file.change(lambda db: table.due(db, now))):
            await self.finish(channel, by, why)
        await self._file.change(lambda db: table.forget_old(db, now))
        return [channel for channel, _ in due]

    def is_over(self, channel: str) -> bool:
        """Whether nothing more is written in it."""
        found = self._file.read("SELECT over FROM records WHERE channel = ?", (channel,))
        return bool(found and found[0][0])

    def running(self) -> list[str]:
        """The channels whose records go on."""
        return [channel for (channel,) in self._file.read("SELECT channel FROM records WHERE over = 0")]

    def readers(self, channel: str) -> frozenset[str]:
        """Who might read it last. Raises NotFound."""
        found = self._file.read("SELECT readers FROM records WHERE channel = ?", (channel,))
        if not found:
            raise NotFound(f"there is no record of {channel}")
        return decode_readers(found[0][0])

    def incarnation(self, channel: str) -> bytes:
        """Raises NotFound."""
        found = self._file.read(_INCARNATION, (channel,))
        if not found:
            raise NotFound(f"there is no record of {channel}")
        return bytes(found[0][0])

    def read(self, channel: str, after: int, most: int) -> RecordPage:
        """What came after. Raises NotFound."""
        limit = min(most or self._settings.session_page, self._settings.session_page)
        found = records.read(self._file.read, channel, after, limit, self._settings.session_page_bytes)
        if found is None:
            raise NotFound(f"there is no record of {channel}")
        return found

    def entry(self, channel: str) -> Entry:
        """Raises NotFound."""
        found = table.entry(self._file.read, channel)
        if found is None:
            raise NotFound(f"{channel} is no session: its owner opens one (open_session)")
        return found

    def entries(self, party: str, after: str, most: int) -> list[Entry]:
        """In order of their IDs."""
        return [self.entry(one) for one in table.sessions_of(self._file.read, party, after, most)]

    def checkpoint(self, channel: str, party: str) -> Kept:
        """The latest. Raises NotFound."""
        return table.checkpoint(self._file.read, channel, party, self.incarnation(channel))

    async def _in_session(self, channel: str, do: Callable[[sqlite3.Connection, float], int]) -> Taken:
        now = self._clock()
        self.entry(channel)
        return self._taken(channel, await self._file.change(lambda db: do(db, now)))

    def _taken(self, channel: str, number: int) -> Taken:
        if number == records.FULL:
            raise Overloaded(
                f"the record of {channel} has {self._limits.lines} lines (session_lines): end it, and open "
                "another"
            )
        if number == records.OVER:
            found = table.entry(self._file.read, channel)
            raise Refused(f"{channel} is over" + (f": {found.why}" if found and found.why else ""))
        return Taken(number, self.incarnation(channel))
