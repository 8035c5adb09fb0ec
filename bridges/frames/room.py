"""Who may have how much of a window: the important more, nobody all of it (GW-15). Pure."""

from __future__ import annotations

from collections import Counter

from overlay.naming.subjects import Priority

_KEPT = {Priority.CRITICAL: 0.0, Priority.HIGH: 1 / 16, Priority.NORMAL: 1 / 8, Priority.BULK: 1 / 4}
"""What part of the window a priority leaves to those above it."""
_TIMES = 8
"""A sender may have so many times what is free: alone nearly all of it, among others about an equal part, and
something is always left for who comes next.
"""


class Room:
    """Counts what senders have in a window of `limit`: waiting for it, or on its way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = {priority: int(limit * part) for priority, part in _KEPT.items()}
        self._held: Counter[str] = Counter()
        self._all = 0

    def take(self, sender: str, priority: Priority) -> bool:
        """Whether there is room for one more; counts it."""
        free = self._limit - self._all - self._kept[priority]
        if free < 1 or self._held[sender] >= _TIMES * free:
            return False
        self._held[sender] += 1
        self._all += 1
        return True

    def leave(self, sender: str) -> None:
        """One of them is settled, or taken back."""
        self._all -= 1
        self._held[sender] -= 1
        if not self._held[sender]:
            del self._held[sender]
