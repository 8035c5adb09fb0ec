"""Which language a text is in, as far as it matters: Spanish or not. Pure.

Chinese needs no recognition: its characters say it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from overlay.discovery.languages.spanish import FUNCTION_WORDS
from overlay.discovery.words import FILLER

_MARKS = "¿¡ñÑ"
_ACCENTS = "áéíóúÁÉÍÓÚ"
_MARK, _ACCENT, _FUNCTION, _CONTENT = 2.0, 0.7, 1.0, 0.6
_ENGLISH = FILLER | {"a", "an", "the", "of", "in", "on", "to", "and", "by", "your", "you"}


def is_spanish(
    text: str,
    words: Sequence[str],
    in_spanish: Callable[[str], bool],
    in_english: Callable[[str], bool],
) -> bool:
    """If more speaks for Spanish than for English: marks, little words, and words that only it has."""
    spanish = _MARK * any(mark in text for mark in _MARKS) + _ACCENT * any(mark in text for mark in _ACCENTS)
    english = 0.0
    for word in set(words):
        little = (word in FUNCTION_WORDS, word in _ENGLISH)
        if any(little):
            spanish += _FUNCTION * (little[0] and not little[1])
            english += _FUNCTION * (little[1] and not little[0])
            continue
        content = (in_spanish(word), in_english(word))
        spanish += _CONTENT * (content[0] and not content[1])
        english += _CONTENT * (content[1] and not content[0])
    return spanish > english
