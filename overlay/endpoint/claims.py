"""Which reliable messages are being handled now, by any process of the party: locks on bytes of one file.

They need no disk and no clean-up: the kernel drops the locks of a process that ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import struct
from hashlib import blake2b
from pathlib import Path

from overlay.errors import Unavailable
from overlay.naming.ids import PartyId

_OWN_FILE_LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None)


class Claims:
    """One file beside the state file. `close` it."""

    def __init__(self, path: Path) -> None:
        self._mine: set[int] = set()
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unavailable(f"the file {path} cannot be used: {error.strerror}") from error

    def take(self, sender: PartyId, message_id: bytes) -> bool:
        """Whether nobody else handles this message, so that we may."""
        place = _place(sender, message_id)
        if place in self._mine or not self._lock(place):
            return False
        self._mine.add(place)
        return True

    def release(self, sender: PartyId, message_id: bytes) -> None:
        """We do not handle it any more."""
        place = _place(sender, message_id)
        self._mine.discard(place)
        self._change(fcntl.F_UNLCK, fcntl.LOCK_UN, place)

    def hold(self, owner: str) -> None:
        """Show that process `owner`, which is we, runs; until `close`. Idempotent."""
        place = _digest(owner.encode())
        if place not in self._mine and self._lock(place):
            self._mine.add(place)

    def held(self, owner: str) -> bool:
        """Whether process `owner` runs."""
        place = _digest(owner.encode())
        if place in self._mine or not self._lock(place):
            return True
        self._change(fcntl.F_UNLCK, fcntl.LOCK_UN, place)
        return False

    def close(self) -> None:
        """Release all."""
        self._mine.clear()
        os.close(self._file)

    def _lock(self, place: int) -> bool:
        try:
            self._change(fcntl.F_WRLCK, fcntl.LOCK_EX | fcntl.LOCK_NB, place)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _change(self, kind: int, operation: int, place: int) -> None:
        if _OWN_FILE_LOCK is not None:
            lock = struct.pack("hhqqi0q", kind, os.SEEK_SET, place, 1, 0)
            fcntl.fcntl(self._file, _OWN_FILE_LOCK, lock)
        else:  # such locks belong to the process there, which is enough with one endpoint in each
            fcntl.lockf(self._file, operation, 1, place)


def _place(sender: PartyId, message_id: bytes) -> int:
    return _digest(message_id + str(sender).encode())


def _digest(what: bytes) -> int:
    return int.from_bytes(blake2b(what, digest_size=7).digest(), "big")
