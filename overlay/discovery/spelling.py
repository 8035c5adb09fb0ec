"""Misspelt words: the known word that was most likely meant. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from overlay.discovery.edits import cost, one_slip_away, skeleton

_SHORTEST, _LONGEST = 4, 24
_ALIKE = 3
"""Words that are remembered for one sound, the most frequent ones."""
_ALIKE_OF_AGENTS = 30
"""So many with those of agents: somebody may make up thousands, and each is compared."""
_FREQUENT = 30_000
"""So many words are guessed; the others are known, and so are not corrected."""
_DOUBTFUL = 25_000
"""Rarer words may be frequent mistakes (`recieve`), if one slip away from one so many times as frequent."""
_TIMES = 20
_LIKELY_SLIP = 0.7
_LEARNT = 50_000
"""So many words of agents are remembered; more are not learnt."""
_RARITY = 0.35
"""What a word ten times as rare costs."""
_OF_AGENTS = 0.8
"""What it is worth that agents use a word."""
_FARTHEST = 3.4
"""Of words that only sound alike: three letters' difference."""


class Speller:
    """Knows the words of a language, and learns those that agents describe themselves with."""

    def __init__(self, words: Sequence[str], farthest: float = _FARTHEST) -> None:
        """`words`: the most frequent first. `farthest`: the cost (`edits.cost`) of the least likely slip that
        is thought of; little, where many words are not known.
        """
        self._farthest = farthest
        self._ranks = {word: rank for rank, word in reversed(list(enumerate(words)))}
        self._frequent = frozenset(words[:_FREQUENT])
        self._agents: set[str] = set()
        self._sounds: dict[str, list[str]] = {}
        for word in words[:_FREQUENT]:
            self._hear(word)

    def learn(self, words: Iterable[str]) -> None:
        """Words of an agent: they are right, and likelier to be meant than others."""
        for word in words:
            if word not in self._agents and len(self._agents) < _LEARNT and _may_be_wrong(word):
                self._agents.add(word)
                if word not in self._ranks:
                    self._hear(word)

    def knows(self, word: str, among: int | None = None) -> bool:
        """If it is a word; `among`: of the so many most frequent ones (agents' words do not count then)."""
        rank = self._ranks.get(word)
        if among is not None:
            return rank is not None and rank < among
        return rank is not None or word in self._agents

    def trusts(self, word: str) -> bool:
        """If it is surely no mistake."""
        return word in self._agents or self._ranks.get(word, _DOUBTFUL) < _DOUBTFUL

    def correct(self, word: str, of_agents: bool = False) -> str | None:
        """The word that was meant. None: it is a word, a code, or nothing is like it.

        `of_agents`: only a word that agents use, as for what may be a name.
        """
        if not _may_be_wrong(word) or self.trusts(word):
            return None
        near = one_slip_away(word)
        found = near & self._agents
        if not of_agents:
            found |= near & self._frequent
        if rank := self._ranks.get(word):
            found = {other for other in found if self._likelier(other, word, rank)}
        elif not found:
            alike = self._sounds.get(skeleton(word), ())
            found = self._agents.intersection(alike) if of_agents else set(alike)
        near_enough = (meant for meant in found if cost(meant, word) <= self._farthest)
        return min(near_enough, key=lambda meant: (self._unlikely(meant, word), meant), default=None)

    def _likelier(self, meant: str, written: str, rank: int) -> bool:
        return self._ranks.get(meant, rank) * _TIMES < rank and cost(meant, written) <= _LIKELY_SLIP

    def _unlikely(self, meant: str, written: str) -> float:
        rarity = math.log10(10 + self._ranks.get(meant, _FREQUENT)) * _RARITY
        return cost(meant, written) + rarity - (_OF_AGENTS if meant in self._agents else 0)

    def _hear(self, word: str) -> None:
        if len(word) > _SHORTEST:
            alike = self._sounds.setdefault(skeleton(word), [])
            if len(alike) < (_ALIKE_OF_AGENTS if word in self._agents else _ALIKE):
                alike.append(word)


def _may_be_wrong(word: str) -> bool:
    return _SHORTEST <= len(word) <= _LONGEST and word.isascii() and word.isalpha()
