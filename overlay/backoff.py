"""Growing pauses: each failure in a row waits twice as long as the one before, up to a limit."""

from __future__ import annotations

import asyncio
import secrets

_random = secrets.SystemRandom()
_DOUBLINGS = 30
"""More would only overflow."""


def doubled_s(first_s: float, most_s: float, attempt: int) -> float:
    """The pause after attempt number `attempt` (from 1), where somebody else counts them; in seconds."""
    return min(most_s, first_s * 2.0 ** min(attempt - 1, _DOUBLINGS))


class Backoff:
    """From `first_s` up to `most_s`."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._next_s = first_s

    def reset(self) -> None:
        """It worked."""
        self._next_s = self._first_s

    def failed(self) -> float:
        """How long to wait now, in seconds."""
        wait_s = self._next_s
        self._next_s = min(self._most_s, wait_s * 2)
        return wait_s

    async def wait(self) -> None:
        """It failed: wait, jittered, so that many do not come back at once."""
        await asyncio.sleep(self.failed() * _random.uniform(0.5, 1.0))
