"""Which process of an agent works on a chain: the one that holds its file, and lets go of it when it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Claim:
    """Of a chain, in the folder `chains` of an agent. `take` it, `drop` it."""

    def __init__(self, folder: Path, chain: str) -> None:
        self._path = _file(folder, chain)
        self._descriptor = -1

    def take(self) -> bool:
        """False: another process has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def drop(self, *, ended: bool) -> None:
        """`ended`: nobody will want it again."""
        if ended:
            self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


def is_claimed(folder: Path, chain: str) -> bool:
    """Whether a process works on it. Keeps others out for no more than a moment."""
    try:
        descriptor = os.open(_file(folder, chain), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _file(folder: Path, chain: str) -> Path:
    return folder / f"{chain}.claim"
