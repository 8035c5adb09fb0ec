"""What a misspelt word may have been: all words one slip away, and how likely the slip is. Pure."""

from __future__ import annotations

import re

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VOWELS = frozenset("aeiouy")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = frozenset(
    pair
    for row, below in zip(_ROWS, (*_ROWS[1:], ""), strict=True)
    for at, key in enumerate(row)
    for other in (row[at + 1 : at + 2], below[at : at + 1], below[max(0, at - 1) : at] if at else "")
    for pair in ((key + other), (other + key))
    if other
)
_REPEATED = re.compile(r"(.)\1+")
_SOUNDLESS = re.compile(r"(?<!^)[aeiouyhw]")

SWAPPED, DOUBLED, VOWEL, NEIGHBOUR, MISSING, TOO_MANY, OTHER = 0.5, 0.5, 0.7, 0.7, 0.8, 0.9, 1.3
_AT_THE_START = 0.5
"""Added: people rarely get the first letter wrong."""
_PER_FURTHER = 1.1
"""For each letter that differs, of words that only sound alike."""


def one_slip_away(word: str) -> set[str]:
    """All strings that become `word` by one letter left out, put in, swapped with the next, or wrong."""
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in splits if tail}
    found.update(head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1)
    found.update(head + letter + tail[1:] for head, tail in splits if tail for letter in _LETTERS)
    found.update(head + letter + tail for head, tail in splits for letter in _LETTERS)
    return found


def skeleton(word: str) -> str:
    """What is left when vowels, silent letters and repetitions go: words that sound alike share it."""
    return _REPEATED.sub(r"\1", _SOUNDLESS.sub("", _REPEATED.sub(r"\1", word)))


def cost(meant: str, written: str) -> float:
    """How unlikely it is that who meant one word wrote the other; about 1 for one slip."""
    start = 0
    shorter = min(len(meant), len(written))
    while start < shorter and meant[start] == written[start]:
        start += 1
    end = 0
    while end < shorter - start and meant[-1 - end] == written[-1 - end]:
        end += 1
    left, put = meant[start : len(meant) - end], written[start : len(written) - end]
    return _of(left, put, meant[start - 1 : start], meant) + (0.0 if start else _AT_THE_START)


def _of(left: str, put: str, before: str, meant: str) -> float:
    if len(left) == len(put) == 2 and left == put[::-1]:
        return SWAPPED
    if len(left) == len(put) == 1:
        if left + put in _NEIGHBOURS:
            return NEIGHBOUR
        return VOWEL if left in _VOWELS and put in _VOWELS else OTHER
    if len(left) + len(put) == 1:
        letter = left or put
        if letter == before or letter * 2 in meant:
            return DOUBLED
        return MISSING if left else TOO_MANY
    return _PER_FURTHER * max(len(left), len(put))
