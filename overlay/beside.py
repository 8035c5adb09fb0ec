"""Work beside everything else, of which somebody keeps the reference, and looks how it ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

_log = logging.getLogger("overlay")


class Beside:
    """`close` it: then all of it ends."""

    def __init__(self, what: str) -> None:
        """`what` it is, for the log."""
        self._what = what
        self._work: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Should it fail, the log says so."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._ended)

    async def ended(self) -> None:
        """When all that was begun has ended by itself."""
        await asyncio.gather(*self._work, return_exceptions=True)

    async def close(self) -> None:
        """Cancel it. Idempotent."""
        for task in self._work:
            task.cancel()
        await self.ended()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("work on a %s failed", self._what, exc_info=error)
