"""Processes that die at a write: before it is on disk or after it, in any case before they tell of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, TypeVar

from overlay.endpoint.state_file import StateFile
from overlay.errors import Unavailable
from overlay.transport.contract import OnError

T = TypeVar("T")


class Fate:
    """Of one process: it dies at write number `writes`; `after` it was committed, or before."""

    def __init__(self, writes: int, *, after: bool) -> None:
        self.left = writes
        self.after = after
        self.died = asyncio.Event()


class DyingFile(StateFile):
    """A state file whose process may die; then nothing more is written by it."""

    fates: ClassVar[dict[str, Fate]] = {}
    """By the name of the agent."""

    def __init__(self, path: Path, schema: str, busy_s: float, on_error: OnError) -> None:
        super().__init__(path, schema, busy_s, on_error)
        self._fate = self.fates.pop(path.parent.name, None)

    def begin(self, change: Callable[[sqlite3.Connection], T], *, lasting: bool = True) -> asyncio.Future[T]:
        fate = self._fate
        if fate is None:
            return super().begin(change, lasting=lasting)
        fate.left -= 1
        if fate.left > 0:
            return super().begin(change, lasting=lasting)
        if fate.left == 0 and fate.after:
            super().begin(change, lasting=lasting).add_done_callback(lambda done: done.exception())
        fate.died.set()
        raise Unavailable("this process is dead")
