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


class Posting:
    """The rows that use one term, in no order, and how much it says in each."""

    __slots__ = ("impacts", "rows")

    def __init__(self) -> None:
        self.rows = array("i")
        self.impacts = array("f")

    def add(self, row: int, impact: float) -> int:
        """Returns where it is."""
        self.rows.append(row)
        self.impacts.append(impact)
        return len(self.rows) - 1

    def remove(self, at: int) -> int:
        """The last one takes the place of the one there. Returns its row."""
        row, impact = self.rows.pop(), self.impacts.pop()
        if at < len(self.rows):
            self.rows[at], self.impacts[at] = row, impact
        return row


class Postings:
    """Terms of numbered texts. A dropped text is gone at once: there is nothing to tidy up later."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._names: list[str] = []
        self._postings: list[Posting] = []
        self._unused: list[int] = []
        self._of_row: dict[int, tuple[array[int], array[int]]] = {}
        """The numbers of each text's terms, and where it stands in the posting of each: so that it is found
        there, however many others use the term.
        """

    def __len__(self) -> int:
        return len(self._of_row)

    def put(self, row: int, counts: Mapping[str, float]) -> None:
        """Keep how often a text uses each term. The row is free."""
        length = sum(counts.values())
        slack = SATURATION * (1 - LENGTH + LENGTH * length / USUAL_LENGTH)
        ids, places = array("i"), array("i")
        for term, count in counts.items():
            found = self._ids.get(term)
            if found is None:
                found = self._new(term)
            ids.append(found)
            places.append(self._postings[found].add(row, count * (SATURATION + 1) / (count + slack)))
        self._of_row[row] = ids, places

    def drop(self, row: int) -> None:
        """Forget a text."""
        for number, at in zip(*self._of_row.pop(row), strict=True):
            posting = self._postings[number]
            moved = posting.remove(at)
            if moved != row:
                ids, places = self._of_row[moved]
                places[ids.index(number)] = at
            if not posting.rows:
                del self._ids[self._names[number]]
                self._unused.append(number)

    def rarity(self, term: str) -> float:
        """How much it says that a text uses this term: up to 1 for one text of many; 0: none does."""
        found = self._ids.get(term)
        if found is None:
            return 0.0
        count = len(self._postings[found].rows)
        texts = len(self._of_row)
        return log(1 + (texts - count + 0.5) / (count + 0.5)) / log(2 + 2 * texts)

    def scores(self, weights: Mapping[str, float], rows: int) -> NDArray[np.float32]:
        """For each row below `rows`, how well its text matches the weighted terms."""
        found = np.zeros(rows, np.float32)
        for term, weight in weights.items():
            worth = weight * self.rarity(term)
            if worth:
                posting = self._postings[self._ids[term]]
                impacts = np.frombuffer(posting.impacts, np.float32)
                found[np.frombuffer(posting.rows, np.int32)] += np.float32(worth) * impacts
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
