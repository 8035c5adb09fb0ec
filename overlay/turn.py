"""One process at a time does something to a file's neighbourhood; the others wait, and find what it did."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_LOOK_AGAIN_S = 0.1


@asynccontextmanager
async def turn(lock: Path) -> AsyncIterator[None]:
    """Hold the file `lock`, which stays. The system lets go of it when the process dies."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _taken(descriptor):
            await asyncio.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
