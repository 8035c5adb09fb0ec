"""What goes into the semantic index and what comes out of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
"""Of length 1."""


class SaidSkill(msgspec.Struct, frozen=True):
    """A skill, as its agent describes it."""

    id: str
    name: str = ""
    abstract: str = ""


class Said(msgspec.Struct, frozen=True):
    """What an agent says of itself, in its own words and language."""

    name: str
    description: str = ""
    skills: tuple[SaidSkill, ...] = ()
    tags: tuple[str, ...] = ()
    """Services, topics and the like: words without a sentence."""


class Understood(msgspec.Struct, frozen=True):
    """An intent, in the words of those who describe themselves (mostly English)."""

    text: str
    """What its vector is made of."""
    words: tuple[str, ...]
    """What is looked up, as `words.words` gives them: filler may be among them, it counts for nothing."""
    weights: tuple[float, ...] = ()
    """Of each word, 0 … 1 (a guess of the speller or of the dictionary counts less); empty: 1 each."""


class Understanding(Protocol):
    """Reads what people write: in other languages, misspelt. At once and without I/O."""

    def intent(self, text: str) -> Understood:
        """What is looked for."""
        ...

    def description(self, text: str) -> str:
        """What an agent says of itself, with English words added where it is in another language."""
        ...


class Hit(msgspec.Struct, frozen=True):
    """One that fits."""

    key: str
    score: float
    """0 … 1, comparable within one answer only."""


class Part(msgspec.Struct, frozen=True):
    """One need of an intent, and who fits it, the best first."""

    text: str
    hits: tuple[Hit, ...]


class Embedder(Protocol):
    """Makes vectors of texts, at once and without I/O."""

    @property
    def name(self) -> str:
        """Vectors of embedders of different names are not compared."""
        ...

    @property
    def size(self) -> int:
        """Dimensions."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of length 1 for each text (zeros for one that says nothing)."""
        ...
