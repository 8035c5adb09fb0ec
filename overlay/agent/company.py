"""Which processes of one agent live on this machine, so that only the last one that leaves says so."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from overlay.errors import BadSettings

_FILE = "alive.lock"


class Company:
    """This process among those that share the agent's folder. The system forgets those that are killed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE
        self._descriptor: int | None = None

    def join(self) -> None:
        """We are here. Raises BadSettings."""
        try:
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise BadSettings(f"{self._file} cannot be written: {error.strerror}") from error
        # Somebody who holds it alone is leaving at this moment: we come without it, and are counted as away.
        self._lock(fcntl.LOCK_SH)

    def leave(self) -> bool:
        """We go; whether nobody else is left. Idempotent."""
        if self._descriptor is None:
            return False
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        last = self._lock(fcntl.LOCK_EX)
        os.close(self._descriptor)
        self._descriptor = None
        return last

    def _lock(self, how: int) -> bool:
        assert self._descriptor is not None
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
