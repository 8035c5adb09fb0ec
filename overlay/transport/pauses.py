"""Pauses between attempts to get something back from a broker: jittered, doubled, within a limit."""

from __future__ import annotations

import asyncio
import random

from overlay.settings import Settings

_LONGEST = 20
"""Times `Settings.reconnect_wait_s`."""

_random = random.SystemRandom()


class Pauses:
    """Starts counting when it is made. `limit_s` is `Settings.reconnect_limit_s`."""

    def __init__(self, settings: Settings) -> None:
        self.limit_s = settings.reconnect_limit_s
        self._first_s = settings.reconnect_wait_s
        self._wait_s = self._first_s
        self._until = asyncio.get_running_loop().time() + self.limit_s

    @property
    def over(self) -> bool:
        """Whether the limit was reached."""
        return asyncio.get_running_loop().time() >= self._until

    async def next(self) -> None:
        """Wait; never past the limit."""
        left = self._until - asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, min(self._wait_s * _random.uniform(0.5, 1.0), left)))
        self._wait_s = min(self._wait_s * 2, _LONGEST * self._first_s)
