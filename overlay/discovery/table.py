"""What English words mean: a table of vectors that comes with the package, and texts as sums of them. Pure.

`data/words.npz` holds 4 bits for each number. `benchmarks/word_table` makes it; `data/ATTRIBUTION.md` says
of what.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from overlay.discovery.compounds import split
from overlay.discovery.words import words

_SHORTEST_PART = 3
"""Shorter parts of an unknown word are chance."""


class Table(NamedTuple):
    """The words, and a row of numbers for each."""

    numbers: Mapping[str, int]
    """Which row is a word's."""
    steps: NDArray[np.int8]
    scales: NDArray[np.float32]
    zipf: Sequence[float]
    """How usual each word is: the decimal logarithm of its uses in 1,000 million words."""

    def usual(self, word: str) -> float:
        """See `zipf`; 0 for a word that is not here."""
        number = self.numbers.get(word)
        return 0.0 if number is None else self.zipf[number]


@cache
def table() -> Table:
    """The table of the package, loaded once."""
    with files("overlay.discovery").joinpath("data/words.npz").open("rb") as file, np.load(file) as parts:
        packed: NDArray[np.uint8] = parts["steps"]
        steps = np.empty((len(packed), 2 * packed.shape[1]), np.int8)
        steps[:, 0::2] = packed & 15
        steps[:, 1::2] = packed >> 4
        steps -= 8
        names = parts["words"].tobytes().decode("ascii").split("\n")
        zipf = array("d", parts["zipf"] / 32.0)
        scales = parts["scales"].astype(np.float32)
    return Table({word: number for number, word in enumerate(names)}, steps, scales, zipf)


@lru_cache(maxsize=16384)
def apart(word: str) -> tuple[str, ...]:
    """A word that is not in the table, as the words that it may be made of."""
    return tuple(split(word, table().usual))


class TableEmbedder:
    """The embedder that is always there: the sum of the words' vectors (REG-5)."""

    name = "overlay-words-1"

    def __init__(self) -> None:
        self._table = table()
        self.size: int = self._table.steps.shape[1]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of length 1 for each text (zeros for one without a word that is known)."""
        found = np.zeros((len(texts), self.size), np.float32)
        for row, text in enumerate(texts):
            numbers = [number for word in words(text) for number in self._numbers(word)]
            if numbers:
                found[row] = self._table.scales[numbers] @ self._table.steps[numbers]
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        lengths[lengths == 0] = 1
        found /= lengths
        return found

    def _numbers(self, word: str) -> Iterator[int]:
        number = self._table.numbers.get(word)
        if number is not None:
            yield number
            return
        for part in apart(word):
            if len(part) >= _SHORTEST_PART and part in self._table.numbers:
                yield self._table.numbers[part]
