"""Waiting until there is nothing left to do. Told by whoever does it; bounded."""

from __future__ import annotations

import asyncio


class Quiet:
    """One waits, with `wait`; another says with `come` that nothing is left, as often as it likes."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    @property
    def wanted(self) -> bool:
        """Whether somebody waits."""
        return self._waiting is not None

    async def wait(self, timeout_s: float) -> None:
        """Returns when `come` was called, or after `timeout_s`."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait((self._waiting,), timeout=timeout_s)
        finally:
            self._waiting = None

    def come(self) -> None:
        """Nothing is left."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
