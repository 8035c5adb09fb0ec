"""What people might ask and agents might say, made up: the text that the table learns from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from overlay.bench.made_up.agents import PLACES, topics

_FORMS = Path(__file__).parent / "forms"
_VERBS = """find show explain create compare plan check track search book write analyse recommend summarise
edit organise improve buy sell learn calculate translate send generate monitor fix share"""
VERBS = tuple(_VERBS.split())
COMMON = 12_000
"""Of the words, the most frequent first, so many are usual ones."""


def _lines(name: str) -> tuple[str, ...]:
    return tuple((_FORMS / f"{name}.txt").read_text(encoding="utf-8").splitlines())


class Sentences:
    """`near[i]`: words whose meaning is near to that of `words[i]`, so that a sentence is about something."""

    def __init__(self, seed: int, words: Sequence[str], near: Sequence[Sequence[int]]) -> None:
        self._rng = Random(seed)
        self._words = words
        self._near = near
        self._ask, self._say, self._before, self._after = map(_lines, ("ask", "say", "before", "after"))

    def make(self, count: int) -> list[str]:
        """So many texts of one to four sentences. Each word is used again and again."""
        return [self._text(self._topical() if self._chance(0.35) else self._about(n)) for n in range(count)]

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _topical(self) -> dict[str, str]:
        topic = self._rng.choice(topics())
        a, b, c = self._rng.sample(topic.things, 3)
        if self._chance(0.2):
            b = self._thing()
        if self._chance(0.2):
            c = self._rng.choice(self._words[:COMMON])
        return {"t": topic.name, "v": self._rng.choice((*topic.verbs, *VERBS[:6])), "a": a, "b": b, "c": c}

    def _about(self, number: int) -> dict[str, str]:
        """About one word, frequent ones more often, and words near it or common ones."""
        last = len(self._words) - 1
        at = int(last * self._rng.random() ** 2) if self._chance(0.6) else number % len(self._words)
        a, b, c, t = self._words[at], self._beside(at), self._beside(at), self._beside(at)
        if self._chance(0.4):
            a += " " + self._beside(at)
        if self._chance(0.3):
            b += " " + self._beside(at)
        if self._chance(0.3):
            b = self._thing()
        return {
            "t": t,
            "v": self._rng.choice(VERBS) if self._chance(0.6) else self._beside(at),
            "a": a,
            "b": b,
            "c": c,
        }

    def _beside(self, at: int) -> str:
        if self._chance(0.6):
            return self._words[self._rng.choice(self._near[at])]
        return self._words[int(COMMON * self._rng.random() ** 1.5)]

    def _thing(self) -> str:
        return self._rng.choice(self._rng.choice(topics()).things)

    def _text(self, slots: dict[str, str]) -> str:
        parts = self._asked() if self._chance(0.75) else self._said()
        return " ".join(parts).format(**slots, p=self._rng.choice(PLACES))

    def _asked(self) -> list[str]:
        before = [self._rng.choice(self._before)] if self._chance(0.25) else []
        more = [self._rng.choice(self._ask)] if self._chance(0.15) else []
        after = [self._rng.choice(self._after)] if self._chance(0.3) else []
        return [*before, self._rng.choice(self._ask), *more, *after]

    def _said(self) -> list[str]:
        more = [self._rng.choice(self._say)] if self._chance(0.25) else []
        return [self._rng.choice(self._say), *more]
