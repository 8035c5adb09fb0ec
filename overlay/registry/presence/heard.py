"""Who was heard of lately. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from overlay.clock import Clock


class Heard:
    """When each party that is awaited was last heard of, the longest ago first; who was silent too long."""

    def __init__(self, clock: Clock, silence_s: float) -> None:
        self._clock = clock
        self._silence_s = silence_s
        self._last: dict[str, float] = {}

    def __contains__(self, party: str) -> bool:
        return party in self._last

    def note(self, party: str) -> None:
        """It is alive."""
        self._last.pop(party, None)
        self._last[party] = self._clock()

    def forget(self, party: str) -> None:
        """It went, and is not waited for."""
        self._last.pop(party, None)

    def forgive(self) -> None:
        """We were not able to hear: all are waited for anew."""
        self._last = dict.fromkeys(self._last, self._clock())

    def silent(self) -> Iterator[str]:
        """Those that were not heard of for `silence_s`. Looks at no more than these."""
        limit = self._clock() - self._silence_s
        for party, last in self._last.items():
            if last >= limit:
                return
            yield party
