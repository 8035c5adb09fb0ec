"""Calls a reader's handler: one message at a time, from a bounded queue, on a task of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Generic, TypeVar

from overlay.errors import Failed
from overlay.transport.contract import OnError
from overlay.transport.quiet import Quiet

Item = TypeVar("Item")

_BREATH = 1024
"""After so many messages without a pause, the rest of the process gets its turn: more than a socket brings
in one turn, so that a quick handler keeps up."""


class Reporting:
    """`with` it: a failure inside goes to `on_error` and no further. Our own cancellation passes through."""

    def __init__(self, where: str, on_error: OnError) -> None:
        self._where = where
        self._on_error = on_error

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return error is not None and self.takes(error)

    def takes(self, error: BaseException) -> bool:
        """Whether it was reported, and goes no further."""
        if isinstance(error, Exception):
            self._on_error(self._where, error)
            return True
        return isinstance(error, asyncio.CancelledError) and self._not_ours(error)

    def _not_ours(self, error: BaseException) -> bool:
        """Whether something inside was cancelled rather than this task: a failure like any other."""
        task = asyncio.current_task()
        if task is None or task.cancelling():
            return False
        failed = Failed(f"{self._where}: what the handler waited for was cancelled")
        failed.__cause__ = error
        self._on_error(self._where, failed)
        return True


class Handling(Generic[Item]):
    """A bounded queue and the task that empties it into `handler`."""

    def __init__(
        self,
        handler: Callable[[Item], Awaitable[None] | None],
        *,
        limit: int,
        where: str,
        on_error: OnError,
    ) -> None:
        self.dropped = 0
        self._handler = handler
        self._limit = limit
        self._reporting = Reporting(where, on_error)
        self._items: deque[Item] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._quiet = Quiet()
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=where)

    def offer(self, item: Item) -> bool:
        """Queue `item`; False, and counted, when there is no room or we are stopping."""
        if self._stopping or len(self._items) >= self._limit:
            self.dropped += 1
            return False
        self._items.append(item)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
        return True

    def clear(self) -> list[Item]:
        """Take back what no handler has seen."""
        items = list(self._items)
        self._items.clear()
        return items

    async def finish(self, timeout_s: float) -> None:
        """Returns when the handler has had all that was offered, or after `timeout_s`."""
        if not self._task.done() and (self._items or self._wake is None):
            await self._quiet.wait(timeout_s)

    async def stop(self, timeout_s: float) -> list[Item]:
        """Let the running handler end, or cancel it after `timeout_s`; what was left over. Idempotent.

        Called by the handler itself, it does not wait for itself.
        """
        self._stopping = True
        left = self.clear()
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
        if self._task is not asyncio.current_task():
            await asyncio.wait((self._task,), timeout=timeout_s)
            if not self._task.done():
                self._task.cancel()
                await asyncio.wait((self._task,))
        return left

    async def _run(self) -> None:
        handled, items, handler = 0, self._items, self._handler
        while not self._stopping:
            while items:
                try:
                    waits = handler(items.popleft())
                    if waits is not None:
                        await waits
                except BaseException as error:
                    if not self._reporting.takes(error):
                        raise
                handled += 1
                if handled % _BREATH == 0:
                    await asyncio.sleep(0)
            self._quiet.come()
            if not self._stopping:
                self._wake = asyncio.get_running_loop().create_future()
                await self._wake
                self._wake = None
