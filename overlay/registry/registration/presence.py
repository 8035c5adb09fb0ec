"""Who was heard of lately. Pure."""

from __future__ import annotations

from overlay.clock import Clock


class Heard:
    """When each party was last heard of; who was silent for too long."""

    def __init__(self, clock: Clock, silence_s: float) -> None:
        self._clock = clock
        self._silence_s = silence_s
        self._last: dict[str, float] = {}

    def note(self, party: str) -> None:
        """It is alive."""
        self._last[party] = self._clock()

    def forget(self, party: str) -> None:
        """It went, and is not waited for."""
        self._last.pop(party, None)

    def silent(self) -> list[str]:
        """Those that were not heard of for `silence_s`."""
        limit = self._clock() - self._silence_s
        return [party for party, last in self._last.items() if last < limit]
