"""Finding by meaning (REG-5): by words and by vectors, over what agents say of themselves. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from overlay.discovery.contract import Embedder, Hit, Said, Understanding, Vector
from overlay.discovery.fusion import confidence, fused
from overlay.discovery.lexical import Postings
from overlay.discovery.phrasing import AsWritten, Phrasing, terms_asked
from overlay.discovery.table import TableEmbedder
from overlay.discovery.vectors import Vectors

Rows = NDArray[np.integer]
Among = Rows | Collection[str] | None

LOOKED_AT = 512
"""How many of the roughly best are compared exactly."""
COARSE_REMOTE = 192
"""Dimensions of the rough look at remote vectors: theirs need not be sorted."""
FEW = 1024
"""Up to so many are all compared exactly."""
_OF_A_SAMPLE = 16
"""One of so many, to guess how good the best are."""


class Method(StrEnum):
    """By what is searched."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"
    VECTOR = "vector"


class SemanticIndex:
    """Agents by what they say of themselves. For one thread; every call returns at once.

    What is found depends on what is kept now, never on what was kept before or in which order it came.
    """

    def __init__(
        self,
        understanding: Understanding | None = None,
        embedder: Embedder | None = None,
        method: Method = Method.HYBRID,
    ) -> None:
        self._understanding = understanding or AsWritten()
        self._embedder = embedder or TableEmbedder()
        self._method = method
        self._phrasing = Phrasing(self._understanding, self._embedder)
        self._rows: dict[str, int] = {}
        self._keys: list[str | None] = []
        self._free: list[int] = []
        self._postings = Postings()
        self._vectors = Vectors(self._embedder.size)
        self._space = ""
        self._remote: Vectors | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def put(self, key: str, said: Said) -> None:
        """Keep what an agent says; it replaces what it said before."""
        self.drop(key)
        row = self._free.pop() if self._free else len(self._keys)
        if row == len(self._keys):
            self._keys.append(key)
        else:
            self._keys[row] = key
        self._rows[key] = row
        counts, vector = self._phrasing.read(said)
        self._postings.put(row, counts)
        self._vectors.put(row, vector)

    def drop(self, key: str) -> None:
        """Forget an agent; one that is not here is no error."""
        row = self._rows.pop(key, None)
        if row is None:
            return
        self._keys[row] = None
        self._postings.drop(row)
        self._vectors.drop(row)
        if self._remote is not None:
            self._remote.drop(row)
        self._free.append(row)

    def use_space(self, name: str, size: int) -> None:
        """From now on vectors of this remote embedder may be given; those of another are forgotten."""
        if name != self._space or self._remote is None or self._remote.size != size:
            self._space, self._remote = name, Vectors(size, COARSE_REMOTE)

    def give_vector(self, key: str, space: str, vector: Vector) -> bool:
        """Keep an agent's vector from a remote embedder. False: not here any more, or of another space."""
        row = self._rows.get(key)
        if row is None or self._remote is None or space != self._space or len(vector) != self._remote.size:
            return False
        self._remote.put(row, vector)
        return True

    def search(
        self, intent: str, limit: int = 10, among: Among = None, vector: Vector | None = None
    ) -> list[Hit]:
        """The best first; the same for the same agents.

        `among`: only these keys, or these rows (`row`). `vector`: the intent's, by the remote embedder, if it
        answered; agents that it has made no vector of yet are compared by the vectors of the table.
        """
        if not self._rows or limit < 1:
            return []
        if vector is not None and (self._remote is None or len(vector) != self._remote.size):
            vector = None  # of an embedder that changed its mind
        asked = self._understanding.intent(intent)
        own = self._embedder.embed([asked.text])[0]
        matched = self._matched(terms_asked(asked), len(self._keys))
        rows = self._wanted(among)
        if rows is None or len(rows) > FEW:
            rough = self._roughly(own, vector, matched)
            rough[self._free] = -np.inf
            rows = _best(rough, rows, max(LOOKED_AT, 4 * limit))
        order = self._exactly(rows, own, vector, matched)
        return [Hit(key, confidence(-score)) for score, key in order[:limit]]

    def row(self, key: str) -> int:
        """Where an agent is kept until it is put again; -1: nowhere."""
        return self._rows.get(key, -1)

    def _matched(self, weights: dict[str, float], rows: int) -> NDArray[np.float32]:
        if self._method is Method.VECTOR:
            return np.zeros(rows, np.float32)
        return self._postings.scores(weights, rows)

    def _wanted(self, among: Among) -> Rows | None:
        """None: all of many."""
        if isinstance(among, np.ndarray):
            return among
        if among is not None:
            return np.array([self._rows[key] for key in among if key in self._rows], np.int32)
        if len(self._rows) <= FEW:
            return np.fromiter(self._rows.values(), np.int32, len(self._rows))
        return None

    def _roughly(
        self, own: Vector, vector: Vector | None, matched: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        if self._method is Method.LEXICAL:
            return matched
        near = self._vectors.roughly(own, len(matched))
        if vector is not None and self._remote is not None:
            known = self._remote.known(len(matched))
            near = np.where(known, self._remote.roughly(vector, len(matched)), near)
        return fused(near, matched)

    def _exactly(
        self, rows: Rows, own: Vector, vector: Vector | None, matched: NDArray[np.float32]
    ) -> list[tuple[float, str]]:
        """How little each fits, and its key: the best first; equally good ones by key."""
        scores = matched[rows]
        if self._method is not Method.LEXICAL:
            near = self._vectors.exactly(own, rows)
            if vector is not None and self._remote is not None:
                known = self._remote.known(len(matched))[rows]
                near = np.where(known, self._remote.exactly(vector, rows), near)
            scores = fused(near, scores)
        return sorted(
            (-score, self._keys[row] or "") for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
        )


def _best(scores: NDArray[np.float32], rows: Rows | None, count: int) -> Rows:
    """The `count` of these rows (None: of all) with the highest scores, in no order."""
    among = scores if rows is None else scores[rows]
    if len(among) > count * _OF_A_SAMPLE:  # one look at all instead of a partition of all
        sample = among[::_OF_A_SAMPLE]
        at = len(sample) - min(len(sample), 1 + 2 * count // _OF_A_SAMPLE)
        left = np.flatnonzero(among >= np.partition(sample, at)[at])
        if len(left) >= count:
            rows, among = left if rows is None else rows[left], among[left]
    best = (
        np.argpartition(among, len(among) - count)[-count:] if len(among) > count else np.arange(len(among))
    )
    return best if rows is None else rows[best]
