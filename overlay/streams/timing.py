"""How long frames are on their way, by two clocks that were never set alike. Pure."""

from __future__ import annotations

from collections import deque

_SAMPLES = 8


class Timing:
    """Of one direction of a stream. Times in seconds."""

    def __init__(self) -> None:
        self.jitter_s = 0.0
        """RFC 3550, section 6.4.1."""
        self.lag_s = 0.0
        """The usual time on the way; 0 as long as the clocks were not compared."""
        self._samples: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)
        self._fastest: float | None = None
        self._before: float | None = None

    def compared(self, asked: float, heard: float, answered: float, came: float) -> None:
        """A word and its answer: `asked` and `came` by our clock, `heard` and `answered` by the other."""
        there_and_back = (came - asked) - (answered - heard)
        if there_and_back >= 0:
            self._samples.append((there_and_back, ((heard - asked) + (answered - came)) / 2))

    @property
    def ahead_s(self) -> float | None:
        """By how much the other clock is ahead, as the quickest of the last comparisons says; None: not
        known.
        """
        return min(self._samples)[1] if self._samples else None

    def arrived(self, captured: float, now: float) -> float:
        """When it was taken, by our clock. Where the clocks were not compared, the quickest frame so far is
        taken to have been on its way for no time.
        """
        transit = now - captured
        if self._before is not None:
            self.jitter_s += (abs(transit - self._before) - self.jitter_s) / 16
        self._before = transit
        self._fastest = transit if self._fastest is None else min(self._fastest, transit)
        ahead_s = self.ahead_s
        if ahead_s is None:
            return captured + self._fastest
        lag_s = transit + ahead_s
        self.lag_s += (lag_s - self.lag_s) / 16 if self.lag_s else lag_s
        return captured - ahead_s
