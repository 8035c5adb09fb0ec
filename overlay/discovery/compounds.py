"""Words written as one: `stellarexplorer` is `stellar explorer`. Pure."""

from __future__ import annotations

from collections.abc import Callable

_UNKNOWN = 12.0
"""What a letter costs that belongs to no known word; a rare word of several letters is cheaper."""
_RARE = 10.0
_LONGEST = 18
_LEAST = {1: 9.0, 2: 5.0, 3: 3.5}
"""How usual a short part has to be: any letters are a word somewhere."""


def split(word: str, usual: Callable[[str], float]) -> list[str]:
    """The most usual words that the letters are made of; letters between them stay together.

    `usual` is a word's Zipf frequency, 0 for one that is not known. A short part has to be a very usual word.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(word) + 1):
        choices = [(best[end - 1][0] + _UNKNOWN, end - 1)]
        for start in range(max(0, end - _LONGEST), end):
            frequency = usual(word[start:end])
            if frequency >= _LEAST.get(end - start, 0.1):
                choices.append((best[start][0] + _cost(end - start, frequency), start))
        best.append(min(choices))
    return _joined(word, best, usual)


def _cost(length: int, frequency: float) -> float:
    return _RARE - frequency + max(0, 4 - length) * 1.5


def _joined(word: str, best: list[tuple[float, int]], usual: Callable[[str], float]) -> list[str]:
    parts: list[str] = []
    end = len(word)
    loose = False
    while end:
        start = best[end][1]
        known = usual(word[start:end]) >= _LEAST.get(end - start, 0.1)
        if loose and not known:
            parts[-1] = word[start:end] + parts[-1]
        else:
            parts.append(word[start:end])
        loose = not known
        end = start
    return parts[::-1]
