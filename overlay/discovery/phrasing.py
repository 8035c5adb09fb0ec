"""What an agent says, as counted terms and as one vector; what is asked, as weighted terms. Pure."""

from __future__ import annotations

from collections import Counter

import numpy as np

from overlay.discovery.contract import Embedder, Said, Understanding, Understood, Vector
from overlay.discovery.table import apart, table
from overlay.discovery.words import parts_of_name, terms, terms_of, words

NAME = 2.0
"""A word of the name counts so many times one of the description."""
SKILLS = 0.5
"""The vector of all skills, beside that of name and description."""

_EVERYWHERE, _RANGE, _LEAST, _MOST = 8.0, 5.0, 0.1, 1.3
"""Zipf frequencies: "the" has 7.7, "weather" 5.1, "broadband" 4.0, one in 1,000 million words 0."""


class AsWritten:
    """The understanding that takes every word as it stands."""

    def intent(self, text: str) -> Understood:
        """Its own words."""
        return Understood(text, tuple(words(text)))

    def description(self, text: str) -> str:
        """As it is."""
        return text


class Phrasing:
    """Reads what agents say."""

    def __init__(self, understanding: Understanding, embedder: Embedder) -> None:
        self._understanding = understanding
        self._embedder = embedder

    def read(self, said: Said) -> tuple[dict[str, float], Vector]:
        """How often each term is said, those of the name more; and the vector of it all, of length 1, or
        zeros if nothing is said that is understood.
        """
        name, about, skills = _name(said), self._read(said.description), self._read(_skills(said))
        counts: dict[str, float] = dict(Counter(terms(f"{about} {skills}")))
        for term in sorted(set(terms(f"{said.name} {name}"))):
            counts[term] = counts.get(term, 0) + NAME
        return counts, self._vector(f"{name}. {about}", skills)

    def _vector(self, main: str, skills: str) -> Vector:
        of_main, of_skills = self._embedder.embed([main, skills])
        whole: Vector = of_main + np.float32(SKILLS) * of_skills
        length = float(np.linalg.norm(whole))
        return whole / np.float32(length) if length else whole

    def _read(self, text: str) -> str:
        return self._understanding.description(text) if text else ""


def terms_asked(asked: Understood) -> dict[str, float]:
    """The terms to look up, each with the most that one of its words weighs."""
    found: dict[str, float] = {}
    for number, word in enumerate(asked.words):
        weight = asked.weights[number] if asked.weights else 1.0
        weight *= _worth(word)
        for term in terms_of(word):
            found[term] = max(found.get(term, 0.0), weight)
    return found


def _worth(word: str) -> float:
    """The rarer in English, the more it says: few agents are no measure of that."""
    return min(_MOST, max(_LEAST, (_EVERYWHERE - table().usual(word)) / _RANGE))


def text_of(said: Said) -> str:
    """All of it as one text, for a remote embedder."""
    return f"{parts_of_name(said.name)}. {said.description}\n{_skills(said)}".strip()


def _name(said: Said) -> str:
    """As people read it, and compounds taken apart."""
    read = parts_of_name(said.name)
    usual = table().usual
    parts = [part for word in words(read) if not usual(word) for part in apart(word)]
    return " ".join([read, *parts])


def _skills(said: Said) -> str:
    told = [text for skill in said.skills for text in (skill.name or parts_of_name(skill.id), skill.abstract)]
    return ". ".join(text for text in (*told, *said.tags) if text)
