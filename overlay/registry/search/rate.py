"""How often one party, and one organisation, may ask in a minute (REG-10). Pure."""

from __future__ import annotations

from collections import Counter

from overlay.clock import Clock
from overlay.errors import Overloaded

_MINUTE_S = 60.0


class PerMinute:
    """Counts per party within one minute; all begin anew with the next."""

    def __init__(self, clock: Clock, limit: int, setting: str = "finds_per_minute") -> None:
        """`setting`: which one the limit is, for the refusal."""
        self._clock = clock
        self._limit = limit
        self._setting = setting
        self._minute = 0
        self._count: Counter[str] = Counter()

    def take(self, party: str, limit: int | None = None) -> None:
        """One more, of so many (None: as usual). Raises Overloaded above the limit, which says when the next
        minute begins.
        """
        limit, by = (self._limit, self._setting) if limit is None else (limit, "overlay caps")
        now = self._clock()
        minute = int(now // _MINUTE_S)
        if minute != self._minute:
            self._minute = minute
            self._count.clear()
        if self._count[party] >= limit:
            left_s = (minute + 1) * _MINUTE_S - now
            raise Overloaded(
                f"{party} asked {limit} times in this minute ({by}): ask again in {left_s:.0f} s",
                left_s,
            )
        self._count[party] += 1
