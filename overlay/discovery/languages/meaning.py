"""What a word of another language means. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Dictionary = dict[str, tuple[str, ...]]
"""Phrases and their English words, one to four; none for a phrase that says nothing of a need."""

_WEIGHTS = (1.0, 0.9, 0.75, 0.6)
"""Of each of one, two, three, four English words for one phrase: the more, the vaguer it is."""


class Word(NamedTuple):
    """A word to look up, and how sure we are that it is meant."""

    word: str
    weight: float = 1.0


def meanings(english: Sequence[str], sureness: float = 1.0) -> list[Word]:
    """The English words of a dictionary's entry, weighted."""
    return [Word(word, sureness * _WEIGHTS[min(len(english), len(_WEIGHTS)) - 1]) for word in english]
