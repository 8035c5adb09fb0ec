"""Slips of the fingers, put into a text."""

from __future__ import annotations

from random import Random

from overlay.discovery.words import FILLER

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def with_slips(text: str, random: Random, most: int) -> str:
    """Up to `most` of its words misspelt by one slip each: a letter dropped, doubled, swapped, or its
    neighbour on the keyboard. Filler words, and those with other characters than letters, are left alone.
    """
    words = text.split(" ")
    chosen = [at for at, word in enumerate(words) if _may_slip(word)]
    for at in random.sample(chosen, min(most, len(chosen))):
        words[at] = _slip(words[at], random)
    return " ".join(words)


def _may_slip(word: str) -> bool:
    return len(word) >= 4 and word.isascii() and word.isalpha() and word.lower() not in FILLER


def _slip(word: str, random: Random) -> str:
    at = random.randrange(len(word) - 1)
    head, letter, tail = word[:at], word[at], word[at + 1 :]
    kinds = (head + tail, head + letter + letter + tail, head + tail[0] + letter + tail[1:])
    return random.choice((*kinds, head + _neighbour(letter, random) + tail))


def _neighbour(letter: str, random: Random) -> str:
    row = next((row for row in _ROWS if letter.lower() in row), letter)
    at = row.find(letter.lower())
    return random.choice([row[beside] for beside in (at - 1, at + 1) if 0 <= beside < len(row)] or [letter])
