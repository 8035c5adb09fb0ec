"""Pauses between attempts to get something back from a broker: random, growing, within a limit.

Random over their whole length, since a broker that restarts loses everybody at one instant: if all came back
at one instant too, most would be turned away, and the next time as well.
"""

from __future__ import annotations

import asyncio
import random

from overlay.settings import Settings

LONGEST = 20
"""Times `Settings.reconnect_wait_s`."""
_SHORTEST = 0.05
"""Of what a pause may be at most."""

_random = random.SystemRandom()


def pause_s(attempt: int, first_s: float, longest_s: float, draw: float) -> float:
    """Before this attempt, counted from 0, for a `draw` from 0 to 1. What it may be at most doubles with each
    attempt, from `first_s` to `longest_s`.
    """
    most = min(first_s * 2.0 ** min(attempt, 32), longest_s)
    return most * (_SHORTEST + (1 - _SHORTEST) * draw)


class Pauses:
    """Starts counting when it is made. `limit_s` is `Settings.reconnect_limit_s`."""

    def __init__(self, settings: Settings, longest: int = LONGEST) -> None:
        """`longest`: times `Settings.reconnect_wait_s`."""
        self.limit_s = settings.reconnect_limit_s
        self._first_s = settings.reconnect_wait_s
        self._longest_s = longest * self._first_s
        self._attempt = 0
        self._until = asyncio.get_running_loop().time() + self.limit_s

    @property
    def over(self) -> bool:
        """Whether the limit was reached."""
        return asyncio.get_running_loop().time() >= self._until

    async def next(self) -> None:
        """Wait; never past the limit."""
        left = self._until - asyncio.get_running_loop().time()
        wanted = pause_s(self._attempt, self._first_s, self._longest_s, _random.random())
        self._attempt += 1
        await asyncio.sleep(max(0.0, min(wanted, left)))
