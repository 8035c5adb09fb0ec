"""Which of a peer's lines are used: the best one, or all good ones, and not another every moment. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from overlay.settings.paths import Spread

_BETTER = 0.7
"""Another line becomes the best one when it takes so much less."""
_JOINS, _LEAVES = 2.0, 3.0
"""Up to how many times the best one's delay a line comes to be a good one, and stays one."""
_SLACK_S = 0.02
"""Differences below this one do not count."""


class Choosable(Protocol):
    """A line, as far as it is compared."""

    @property
    def usable(self) -> bool:
        """Whether it takes messages at all."""

    @property
    def doubtful(self) -> bool:
        """Whether the peer does not answer on it."""

    @property
    def score(self) -> float:
        """Less is better."""

    @property
    def place(self) -> str:
        """What it is known by: lines are kept in order of it, so that each stream stays where it is."""


L = TypeVar("L", bound=Choosable)


class Choice(Generic[L]):
    """Remembers what it chose."""

    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        self.best: L | None = None
        self.good: tuple[L, ...] = ()
        """With `Spread.OFF` only the best one."""
        self._turn = 0

    def look(self, lines: Sequence[L]) -> None:
        """Choose anew among these, the oldest first."""
        usable = [line for line in lines if line.usable]
        sound = [line for line in usable if not line.doubtful] or usable[:1]
        if not sound:
            self.best, self.good = None, ()
            return
        scores = {id(line): line.score for line in sound}
        best = min(sound, key=lambda line: scores[id(line)])
        if self.best is not None and id(self.best) in scores:
            limit = scores[id(self.best)] * _BETTER
            best = best if scores[id(best)] + _SLACK_S < limit else self.best
        self.best = best
        if self._spread is Spread.OFF:
            self.good = (best,)
            return
        least = min(scores.values())
        before = {id(line) for line in self.good}
        good = [
            line
            for line in sound
            if line is best
            or scores[id(line)] <= least * (_LEAVES if id(line) in before else _JOINS) + _SLACK_S
        ]
        self.good = tuple(sorted(good, key=lambda line: line.place))

    def line(self, sender: str, to: str) -> L | None:
        """For a message of this stream."""
        good = self.good
        if len(good) < 2:
            return good[0] if good else None
        if self._spread is Spread.ALL:
            self._turn = (self._turn + 1) % len(good)
            return good[self._turn]
        return good[hash((sender, to)) % len(good)]
