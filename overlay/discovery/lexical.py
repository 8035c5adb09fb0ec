"""Who uses which words: BM25 over postings that change at any time. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from math import log

import numpy as np
from numpy.typing import NDArray

SATURATION = 1.6
"""BM25's k: how soon another mention of a word says nothing new."""
LENGTH = 0.3
"""BM25's b: how much less a word says in a long text."""
USUAL_LENGTH = 24.0
"""Terms of a usual description. It is fixed, so that what is stored of one does not depend on the others."""
_SMALLEST = 4


class Posting:
    """The rows that use one term, in no order, and how much it says in each."""

    __slots__ = ("count", "impacts", "rows")

    def __init__(self) -> None:
        self.rows: NDArray[np.int32] = np.empty(_SMALLEST, np.int32)
        self.impacts: NDArray[np.float32] = np.empty(_SMALLEST, np.float32)
        self.count = 0

    def add(self, row: int, impact: float) -> None:
        """Append; the arrays double when they are full."""
        if self.count == len(self.rows):
            self._resize(2 * self.count)
        self.rows[self.count] = row
        self.impacts[self.count] = impact
        self.count += 1

    def remove(self, row: int) -> None:
        """The last one takes its place; the arrays halve when three quarters are empty."""
        at = int((self.rows[: self.count] == row).argmax())
        self.count -= 1
        self.rows[at] = self.rows[self.count]
        self.impacts[at] = self.impacts[self.count]
        if self.count * 4 <= len(self.rows) > _SMALLEST:
            self._resize(len(self.rows) // 2)

    def _resize(self, size: int) -> None:
        rows, impacts = np.empty(size, np.int32), np.empty(size, np.float32)
        rows[: self.count] = self.rows[: self.count]
        impacts[: self.count] = self.impacts[: self.count]
        self.rows, self.impacts = rows, impacts


class Postings:
    """Terms of numbered texts. A dropped text is gone at once: there is nothing to tidy up later."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._names: list[str] = []
        self._postings: list[Posting] = []
        self._unused: list[int] = []
        self._of_row: dict[int, array[int]] = {}

    def __len__(self) -> int:
        return len(self._of_row)

    def put(self, row: int, counts: Mapping[str, float]) -> None:
        """Keep how often a text uses each term. The row is free."""
        length = sum(counts.values())
        slack = SATURATION * (1 - LENGTH + LENGTH * length / USUAL_LENGTH)
        ids = array("i")
        for term, count in counts.items():
            found = self._ids.get(term)
            if found is None:
                found = self._new(term)
            self._postings[found].add(row, count * (SATURATION + 1) / (count + slack))
            ids.append(found)
        self._of_row[row] = ids

    def drop(self, row: int) -> None:
        """Forget a text."""
        for number in self._of_row.pop(row):
            posting = self._postings[number]
            posting.remove(row)
            if not posting.count:
                del self._ids[self._names[number]]
                self._unused.append(number)

    def rarity(self, term: str) -> float:
        """How much it says that a text uses this term: up to 1 for one text of many; 0: none does."""
        found = self._ids.get(term)
        if found is None:
            return 0.0
        count = self._postings[found].count
        texts = len(self._of_row)
        return log(1 + (texts - count + 0.5) / (count + 0.5)) / log(2 + 2 * texts)

    def scores(self, weights: Mapping[str, float], rows: int) -> NDArray[np.float32]:
        """For each row below `rows`, how well its text matches the weighted terms."""
        found = np.zeros(rows, np.float32)
        for term, weight in weights.items():
            worth = weight * self.rarity(term)
            if worth:
                posting = self._postings[self._ids[term]]
                found[posting.rows[: posting.count]] += worth * posting.impacts[: posting.count]
        return found

    def _new(self, term: str) -> int:
        if self._unused:
            number = self._unused.pop()
            self._names[number] = term
        else:
            number = len(self._names)
            self._names.append(term)
            self._postings.append(Posting())
        self._ids[term] = number
        return number
