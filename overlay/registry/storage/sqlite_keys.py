"""The registry's store in one SQLite file: for a registry that is a single process."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from overlay.audit import Operation
from overlay.clock import Clock
from overlay.errors import OverlayError, Overloaded, Unavailable
from overlay.registry.storage.contract import Conflict, Entry, Feed, Note, Write
from overlay.registry.storage.keys import check_writes
from overlay.registry.storage.sqlite_file import Act, SqliteFile

T = TypeVar("T")
_log = logging.getLogger("overlay.registry")
_ACTS_AT_ONCE = 256


class SqliteStore:
    """What waits while the disk writes is written together next: many commits cost one wait for the disk."""

    def __init__(self, path: Path, clock: Clock, audit_buffer: int) -> None:
        self._path = path
        self._clock = clock
        self._buffer = audit_buffer
        self._thread = ThreadPoolExecutor(1, "registry-store")
        self._file: SqliteFile | None = None
        self._feed: Feed = _nobody
        self._acts: list[tuple[Act, asyncio.Future[int]]] = []
        self._notes: list[Operation] = []
        self._writer: asyncio.Task[None] | None = None
        self._closed = asyncio.Event()

    @property
    def log(self) -> str:
        """See `Store`."""
        return self._opened().log

    async def open(self, feed: Feed) -> None:
        """See `Store`."""
        file = self._file = await self._in_thread(lambda: SqliteFile(self._path))
        portions = file.entries()
        while page := await self._in_thread(lambda: next(portions, None)):
            feed(page)
        self._feed = feed

    async def commit(self, writes: Sequence[Write], notes: Sequence[Note] = ()) -> int:
        """See `Store`."""
        check_writes(writes)
        self._opened()
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        operations = [self._operation(note) for note in notes]
        self._acts.append((Act(tuple(writes), operations), done))
        self._write_soon()
        return await done

    async def forget(self, keys: Sequence[str], upto: int) -> None:
        """See `Store`."""
        file = self._opened()
        gone = await self._in_thread(lambda: file.forget(keys, upto))
        if gone:
            self._feed(gone)

    def note(self, note: Note) -> None:
        """See `Store`. They are written at the latest when half of the buffer is full."""
        if len(self._notes) >= self._buffer:
            raise Overloaded(f"{self._buffer} entries wait for the audit log already (audit_buffer)")
        self._notes.append(self._operation(note))
        if 2 * len(self._notes) >= self._buffer:
            self._write_soon()

    async def flush(self) -> None:
        """See `Store`."""
        await self.commit(())

    async def run(self) -> None:
        """See `Store`: nobody else writes to the file."""
        await self._closed.wait()

    async def close(self) -> None:
        """See `Store`. Raises Unavailable when the last notes cannot be written."""
        if self._closed.is_set():
            return
        self._closed.set()
        file = self._file
        try:
            if file is not None:
                await self.flush()
        finally:
            self._file = None
            if file is not None:
                await self._in_thread(file.close)
            self._thread.shutdown(wait=False)

    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """Until nothing waits, or the disk does not take it."""
        while self._acts or self._notes:
            acts, self._acts = self._acts[:_ACTS_AT_ONCE], self._acts[_ACTS_AT_ONCE:]
            notes, self._notes = self._notes, []
            try:
                await self._write(acts, notes)
            except (OverlayError, sqlite3.Error) as error:  # those who wait for it raise it
                self._notes[:0] = notes
                _log.warning("the registry's store does not write: %s", error)
                for _, done in acts:
                    if not done.done():
                        done.set_exception(error)
                if not self._acts:
                    return

    async def _write(self, acts: list[tuple[Act, asyncio.Future[int]]], notes: list[Operation]) -> None:
        file = self._opened()
        changed, outcomes = await self._in_thread(lambda: file.write([act for act, _ in acts], notes))
        if changed:
            self._feed(changed)
        for (_, done), outcome in zip(acts, outcomes, strict=True):
            if done.done():
                continue  # who asked was cancelled
            if isinstance(outcome, Conflict):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

    def _operation(self, note: Note) -> Operation:
        return self._clock(), note.who, note.what, note.about, note.outcome

    def _opened(self) -> SqliteFile:
        if self._file is None:
            raise Unavailable("the registry's store is closed")
        return self._file

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _nobody(_: Sequence[Entry]) -> None:
    """Before `open`."""
