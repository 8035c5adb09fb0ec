"""English words without their endings, after Porter (1980). Pure."""

from __future__ import annotations

import re
from functools import lru_cache

_VOWEL = re.compile(r"[aeiou]|(?<=[^aeiou])y")
_SYLLABLE = re.compile(r"(?:[aeiou]|(?<=[^aeiou])y)+(?:[^aeiouy]|(?<=[aeiou])y)+")
"""Vowels and the consonants after them; y is a vowel after a consonant."""
_SHORT = re.compile(r"(?:.*[^aeiou])?[aeiouy][^aeiouwxy]$")

_SECOND = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("iser", "ize"), ("abli", "able"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("isation", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
    ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"),
    ("biliti", "ble"),
)  # fmt: skip
_THIRD = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("alise", "al"), ("iciti", "ic"), ("ical", "ic"),
    ("ful", ""), ("ness", ""),
)  # fmt: skip
_FOURTH = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate",
    "iti", "ous", "ive", "ize", "ise",
)  # fmt: skip
_LONGEST_FIRST = tuple(sorted(_FOURTH, key=len, reverse=True))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """`running` and `runs` give `run`. Words of other alphabets stay as they are."""
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    word = _first(word.replace("yz", "ys"))
    if word.endswith("y") and word[-2] not in "aeiou" and _VOWEL.search(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _SECOND)
    word = _replaced(word, _THIRD)
    return _last(_fourth(word))


def _measure(word: str) -> int:
    return len(_SYLLABLE.findall(word))


def _first(word: str) -> str:
    """Plurals, -ed and -ing."""
    if word.endswith(("sses", "ies", "sis")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss") and not word.endswith("us"):
        word = word[:-1]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    for ending in ("ed", "ing"):
        left = word.removesuffix(ending)
        if left != word and _VOWEL.search(left):
            return _mended(left)
    return word


def _mended(left: str) -> str:
    """After -ed or -ing was taken: `hop(p)ing`, `fil(e)ing`, `creat(e)d`."""
    if left.endswith(("at", "bl", "iz", "is")):
        return left + "e"
    if len(left) > 1 and left[-1] == left[-2] and left[-1] not in "lsz":
        return left[:-1]
    return left + "e" if _measure(left) == 1 and _SHORT.match(left) else left


def _replaced(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, other in endings:
        if word.endswith(ending):
            left = word[: -len(ending)]
            return left + other if _measure(left) > 0 else word
    return word


def _fourth(word: str) -> str:
    if word.endswith("ion") and word[:-3].endswith(("s", "t")) and _measure(word[:-3]) > 1:
        return word[:-3]
    for ending in _LONGEST_FIRST:
        if word.endswith(ending):
            left = word[: -len(ending)]
            return left if _measure(left) > 1 else word
    return word


def _last(word: str) -> str:
    if word.endswith("e"):
        left = word[:-1]
        if _measure(left) > 1 or (_measure(left) == 1 and not _SHORT.match(left)):
            word = left
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
