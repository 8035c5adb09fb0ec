"""Which certificates the CA's database denies, as read by a process that lets parties in to the broker."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from overlay.ca.channels.table import READ_BY
from overlay.errors import Unavailable
from overlay.naming.ids import PartyId
from overlay.trust.serials import parse_serial, serial_text

DENIED = (
    "SELECT EXISTS (SELECT 1 FROM certificates WHERE serial = :serial AND revoked_at IS NOT NULL)"
    " OR EXISTS (SELECT 1 FROM tokens WHERE serial = :serial AND swept = 1)"
    " OR EXISTS (SELECT 1 FROM tokens WHERE enrolment = :serial AND swept = 1)"
    " OR EXISTS (SELECT 1 FROM restorations WHERE holder = :serial AND swept = 1)"
)
_ALL = (
    "SELECT serial FROM certificates WHERE not_after > ? AND (revoked_at IS NOT NULL OR serial IN ("
    "SELECT serial FROM tokens WHERE swept = 1 UNION SELECT enrolment FROM tokens WHERE swept = 1"
    " UNION SELECT holder FROM restorations WHERE swept = 1))"
)
_WAIT_S = 1.0


class DeniedFile:
    """Reads the database beside the CA's own process (WAL: neither waits for the other). What the CA
    committed, the next question sees.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = (0, 0)
        self._db: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Idempotent."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def denies(self, serial: int) -> bool:
        """Whether this certificate was revoked, or is that of a join token that is finished. Raises
        Unavailable when that cannot be read: let nobody in then.
        """
        try:
            row = self._open().execute(DENIED, {"serial": serial_text(serial)}).fetchone()
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{self._path} cannot be read, so nobody is let in: {error}") from error
        return bool(row[0])

    def channels_of(self, name: str) -> Sequence[PartyId]:
        """Which channels an agent reads. Raises Unavailable."""
        try:
            rows = self._open().execute(READ_BY, (name,)).fetchall()
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{self._path} cannot be read: {error}") from error
        return [PartyId.parse(row[0]) for row in rows]

    def unexpired(self, now: float) -> set[int]:
        """All that `denies` denies and that have not expired. Raises Unavailable."""
        try:
            rows = self._open().execute(_ALL, (now,)).fetchall()
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{self._path} cannot be read: {error}") from error
        return {parse_serial(row[0]) for row in rows}

    def _open(self) -> sqlite3.Connection:
        """A backup that was put in its place is another file: the old one would be read for ever."""
        found = self._path.stat()
        if self._db is None or self._file != (found.st_dev, found.st_ino):
            self.close()
            self._db = sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
            self._file = (found.st_dev, found.st_ino)
        return self._db
