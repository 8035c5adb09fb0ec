"""Replay windows: which counters of one key were seen. Pure."""

from __future__ import annotations

WINDOW = 1024
_FULL = (1 << WINDOW) - 1


class ReplayWindow:
    """The newest `WINDOW` counters of one key. Within them any order is fine, and each is new once; older
    ones count as seen, since nothing else is remembered of them.
    """

    __slots__ = ("_newest", "_seen")

    def __init__(self) -> None:
        self._newest = -1
        self._seen = 0

    def is_new(self, counter: int) -> bool:
        """Whether `counter` was not seen and is not too old. Changes nothing: nothing is proved yet."""
        age = self._newest - counter
        return age < 0 or (age < WINDOW and not self._seen >> age & 1)

    def add(self, counter: int) -> None:
        """`counter` was seen, in a message that opened."""
        ahead = counter - self._newest
        if ahead <= 0:
            if -ahead < WINDOW:
                self._seen |= 1 << -ahead
        else:
            self._seen = ((self._seen << ahead) | 1) & _FULL if ahead < WINDOW else 1
            self._newest = counter
