"""How many chunks are asked for at a time: as many as the way holds, and a few that wait (AG-8). Pure.

Like TCP Vegas: the shortest round trip that was seen is the way's own; what a round trip is longer than that,
chunks spent in queues. Between four and eight chunks may wait there, so the way is full, and queues are not.
"""

from __future__ import annotations

_FEW, _MANY = 4.0, 8.0
_RECENT = 0.25
"""Weight of the newest round trip in their average."""
_PATIENCE = 6.0
"""An answer is waited for so many times the average round trip."""


class Window:
    """Of one transfer."""

    def __init__(self, most: int, longest_s: float, least_s: float = 3.0) -> None:
        self.size = float(min(4, most))
        self._most = most
        self._longest_s = longest_s
        self._least_s = min(least_s, longest_s)
        self._shortest_s = 0.0
        self._average_s = 0.0
        self._starting = True

    @property
    def room(self) -> int:
        """How many may be on their way: at least one."""
        return max(1, int(self.size))

    @property
    def timeout_s(self) -> float:
        """How long to wait for an answer."""
        if not self._average_s:
            return self._longest_s
        return min(self._longest_s, max(self._least_s, self._average_s * _PATIENCE))

    def answered(self, round_trip_s: float) -> None:
        """A chunk came."""
        self._shortest_s = min(self._shortest_s or round_trip_s, round_trip_s)
        self._average_s += (round_trip_s - self._average_s) * (_RECENT if self._average_s else 1.0)
        waiting = self.size * (1 - self._shortest_s / self._average_s) if self._average_s else 0.0
        if waiting > _MANY:
            self._starting = False
            self.size -= 1 / self.size
        elif self._starting:
            self.size += 1
        elif waiting < _FEW:
            self.size += 1 / self.size
        self.size = max(1.0, min(self.size, float(self._most)))

    def lost(self) -> None:
        """One did not come, or was refused for the load."""
        self._starting = False
        self.size = max(1.0, self.size / 2)
