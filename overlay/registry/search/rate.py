"""How often one party may ask in a minute (REG-10). Pure."""

from __future__ import annotations

from collections import Counter

from overlay.clock import Clock
from overlay.errors import Overloaded

_MINUTE_S = 60.0


class PerMinute:
    """Counts per party within one minute; all begin anew with the next."""

    def __init__(self, clock: Clock, limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._minute = 0
        self._count: Counter[str] = Counter()

    def take(self, party: str) -> None:
        """One more. Raises Overloaded above the limit."""
        minute = int(self._clock() // _MINUTE_S)
        if minute != self._minute:
            self._minute = minute
            self._count.clear()
        if self._count[party] >= self._limit:
            raise Overloaded(f"{party} asked {self._limit} times in this minute (finds_per_minute): wait")
        self._count[party] += 1
