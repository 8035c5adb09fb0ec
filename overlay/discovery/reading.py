"""What people and agents write, read: misspelt words corrected, foreign ones in English. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from overlay.discovery.contract import Understood
from overlay.discovery.languages.chinese import Chinese
from overlay.discovery.languages.dictionary import dictionary
from overlay.discovery.languages.meaning import Word
from overlay.discovery.languages.recognition import is_spanish
from overlay.discovery.languages.spanish import FUNCTION_WORDS, Spanish
from overlay.discovery.spelling import Speller
from overlay.discovery.words import FILLER, words

_HAN = re.compile("[\u3400-\u9fff]")
_NAME = re.compile(r"(?<=[^\s.!?¿¡:\"“(] )[A-Z][a-z]+\b")
"""Capitalised, but not for being the first of a sentence."""
_CODE = re.compile(
    r"\b[A-Za-z]*[a-z][A-Z][A-Za-z]*\b|\b[A-Z]{2,}s?\b|\S*(?:://|@|www\.)\S+|\S+\.[a-z]{2,4}\b"
)
"""CamelCase, capitals, addresses: written so on purpose."""
_COMMON = 15_000
"""So many English words speak for a text's being English."""
_LIKELY_SLIP = 0.9
"""In Spanish, of which only the words of our dictionary are known."""
_CORRECTED, _AS_WRITTEN = 0.85, 0.5
"""Of the word that was guessed, and of what stands there: it may be a name after all."""
_LONGEST = 4000
"""Characters of an intent that are read."""


class Reading:
    """The understanding of `overlay.discovery.contract`. It learns words from descriptions."""

    def __init__(self, english: Sequence[str]) -> None:
        """`english`: English words, the most frequent first."""
        self._english = Speller([*sorted(FILLER), *english])
        self._spanish = Spanish(dictionary("es"), self._english.knows)
        self._spanish_words = Speller([*sorted(FUNCTION_WORDS), *self._spanish.vocabulary()], _LIKELY_SLIP)
        self._chinese = Chinese(dictionary("zh"))

    def intent(self, text: str) -> Understood:
        """Its words in English, those that were guessed with less weight."""
        text = text[:_LONGEST]
        written = words(text)
        spanish = self._is_spanish(text, written)
        codes, names = _lower(_CODE.findall(text)), _lower(_NAME.findall(text))
        if not spanish and self._needs_nothing(written, codes):
            return Understood(text, tuple(written))
        found = self._in_english(written, spanish, codes, names)
        said = text if not self._changed(written, found) else " ".join(_sayable(found))
        return Understood(said, tuple(f.word for f in found), tuple(f.weight for f in found))

    def description(self, text: str) -> str:
        """The text and, where it is not English, its words in English. Its words are learnt as right."""
        written = words(text)
        spanish = self._is_spanish(text, written)
        if not spanish:
            self._english.learn(word for word in written if not _HAN.search(word))
            if not _HAN.search(text):
                return text
        translated = _sayable(self._in_english(written, spanish, frozenset(written), frozenset()))
        return f"{text}\n{' '.join(translated)}"

    def _is_spanish(self, text: str, written: Sequence[str]) -> bool:
        return is_spanish(text, written, self._spanish.knows, lambda word: self._english.knows(word, _COMMON))

    def _needs_nothing(self, written: Sequence[str], codes: frozenset[str]) -> bool:
        return all(self._english.trusts(word) or word in codes or word.isdigit() for word in written)

    def _in_english(
        self, written: Sequence[str], spanish: bool, codes: frozenset[str], names: frozenset[str]
    ) -> list[Word]:
        found: list[Word] = []
        latin: list[str] = []
        for word in written:
            if _HAN.search(word):
                found += self._latin(latin, spanish, codes, names)
                latin = []
                found += self._chinese.translate(word)
            else:
                latin.append(word)
        return found + self._latin(latin, spanish, codes, names)

    def _latin(
        self, written: Sequence[str], spanish: bool, codes: frozenset[str], names: frozenset[str]
    ) -> list[Word]:
        if spanish:
            return self._spanish.translate([self._in_spanish(word, codes | names) for word in written], names)
        return [right for word in written for right in self._corrected(word, codes, names)]

    def _in_spanish(self, word: str, codes: frozenset[str]) -> str:
        if word in codes or self._spanish.understands(word) or self._english.knows(word):
            return word
        return self._spanish_words.correct(word) or word

    def _corrected(self, word: str, codes: frozenset[str], names: frozenset[str]) -> list[Word]:
        right = None if word in codes else self._english.correct(word, of_agents=word in names)
        return [Word(word)] if right is None else [Word(word, _AS_WRITTEN), Word(right, _CORRECTED)]

    def _changed(self, written: Sequence[str], found: Sequence[Word]) -> bool:
        return len(written) != len(found) or any(
            word != f.word for word, f in zip(written, found, strict=True)
        )


def _sayable(found: Iterable[Word]) -> list[str]:
    return [f.word for f in found if f.weight > _AS_WRITTEN]


def _lower(found: Iterable[str]) -> frozenset[str]:
    return frozenset(word for piece in found for word in words(piece))
