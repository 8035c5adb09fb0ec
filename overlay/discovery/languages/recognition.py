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
_ONLY_SPANISH, _ONLY_ENGLISH, _LITTLE = (
    FUNCTION_WORDS - _ENGLISH,
    _ENGLISH - FUNCTION_WORDS,
    _ENGLISH | FUNCTION_WORDS,
)


def is_spanish(
    text: str,
    words: Sequence[str],
    in_spanish: Callable[[str], bool],
    in_english: Callable[[str], bool],
) -> bool:
    """If more speaks for Spanish than for English: marks, little words, and words that only it has."""
    spanish = _MARK * any(mark in text for mark in _MARKS) + _ACCENT * any(mark in text for mark in _ACCENTS)
    said = set(words)
    only = _FUNCTION * (len(said & _ONLY_SPANISH) - len(said & _ONLY_ENGLISH))
    content = [(in_spanish(word), in_english(word)) for word in said - _LITTLE]
    return spanish + only + _CONTENT * (content.count((True, False)) - content.count((False, True))) > 0
