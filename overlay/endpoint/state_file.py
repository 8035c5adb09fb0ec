"""SQLite beside an event loop: one thread writes, many writes to a commit; reads are short and done in place.

Several processes may have the same file open. A write is on disk when its await returns.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from overlay.endpoint.caught import Caught
from overlay.errors import Unavailable
from overlay.transport.contract import OnError

Row = tuple[Any, ...]
T = TypeVar("T")
_Job = tuple[Callable[[sqlite3.Connection], object], "asyncio.Future[Any] | None", bool]
_MOST_AT_ONCE = 512


class StateFile:
    """One file. `close` it."""

    def __init__(self, path: Path, schema: str, busy_s: float, on_error: OnError) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._on_error = on_error
        self._closed = False
        self._lasting = True
        try:
            path.touch(mode=0o600)
            path.chmod(0o600)  # before SQLite makes the files beside it, which take its mode
            self._writing = _connect(path, busy_s)
            self._writing.executescript(schema)
            self._reading = _connect(path, busy_s)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"the state file {path} cannot be used: {error}") from error
        self._thread = threading.Thread(target=self._write_all, name=f"state {path.name}", daemon=True)
        self._thread.start()

    def read(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a short query. Raises Unavailable."""
        try:
            return self._reading.execute(sql, values).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise Unavailable(f"the state file cannot be read: {error}") from error

    async def change(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in a transaction, in the writer's thread; returns what it returned when that is
        committed. Raises Unavailable.
        """
        return await self.begin(change)

    def begin(self, change: Callable[[sqlite3.Connection], T], *, lasting: bool = True) -> asyncio.Future[T]:
        """The same: begun when this returns. Look at the result, it may be Unavailable. Not `lasting`: it
        outlives the process at once, and the machine only with the next write that is.
        """
        done: asyncio.Future[T] = self._loop.create_future()
        self._put(change, done, lasting=lasting)
        return done

    async def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        """One statement; returns when it is committed. Raises Unavailable."""
        await self.change(lambda connection: _execute(connection, sql, values))

    def write_soon(self, sql: str, values: Sequence[Any] = ()) -> None:
        """The same, without waiting. Should it fail, `on_error` is told."""
        self._put(lambda connection: _execute(connection, sql, values), None)

    async def close(self) -> None:
        """Commit what is queued, then let go of the file. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reading.close()
        self._writing.close()

    def _put(
        self,
        change: Callable[[sqlite3.Connection], object],
        done: asyncio.Future[Any] | None,
        *,
        lasting: bool = True,
    ) -> None:
        if self._closed:
            raise Unavailable("the state file is closed")
        self._jobs.put((change, done, lasting))

    def _write_all(self) -> None:
        while (job := self._jobs.get()) is not None:
            batch = [job]
            ending = False
            while len(batch) < _MOST_AT_ONCE and not self._jobs.empty():
                further = self._jobs.get()
                if further is None:
                    ending = True
                    break
                batch.append(further)
            self._commit(batch)
            if ending:
                return

    def _commit(self, batch: list[_Job]) -> None:
        results: list[Any] = []
        with Caught() as caught:
            self._sync(lasting=any(lasting for _, _, lasting in batch))
            self._writing.execute("BEGIN IMMEDIATE")
            for change, _, _ in batch:
                results.append(change(self._writing))
            self._writing.execute("COMMIT")
        failed = caught.error
        if failed is not None and self._writing.in_transaction:
            self._writing.execute("ROLLBACK")
        if failed is None or isinstance(failed, sqlite3.Error) or len(batch) == 1:
            self._loop.call_soon_threadsafe(self._resolve, batch, results, failed)
            return
        for job in batch:  # one holds something that no file can, such as too large a number: not for all
            self._commit([job])

    def _sync(self, *, lasting: bool) -> None:
        if lasting is not self._lasting:
            self._writing.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._lasting = lasting

    def _resolve(self, batch: list[_Job], results: list[Any], failed: Exception | None) -> None:
        error = Unavailable(f"the state file could not be written: {failed}")
        for index, (_, done, _) in enumerate(batch):
            if done is None:
                if failed is not None:
                    self._on_error("state", error)
            elif done.done():
                continue
            elif failed is None:
                done.set_result(results[index])
            else:
                done.set_exception(error)


def _execute(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> None:
    connection.execute(sql, values)


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection, time.monotonic() + busy_s)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, until: float) -> None:
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError:  # two processes make the file at once: SQLite does not wait here
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
    connection.execute("PRAGMA synchronous = FULL")
