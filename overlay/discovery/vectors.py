"""Vectors of agents, many and growing, and which of them are near: roughly of all, exactly of some. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 32768
"""Rows that are allocated at once: growing copies nothing, and what is not used yet takes no memory."""
COARSE = 64
"""Dimensions of the rough look at all. The first ones say the most (the table's are sorted so)."""
_STEPS = 127


class Vectors:
    """A row for each agent: its first dimensions as they are, all of them in a byte each."""

    def __init__(self, size: int, coarse: int = COARSE) -> None:
        self.size = size
        self._first = min(coarse, size)
        self._coarse: list[NDArray[np.float32]] = []
        self._fine: list[NDArray[np.int8]] = []
        self._scales: list[NDArray[np.float32]] = []

    @property
    def rows(self) -> int:
        """How many there is room for."""
        return len(self._fine) * BLOCK

    def put(self, row: int, vector: NDArray[np.float32]) -> None:
        """Keep a vector of length 1 (or of zeros)."""
        self._make_room(row)
        block, at = divmod(row, BLOCK)
        self._coarse[block][at] = vector[: self._first]
        largest = float(np.abs(vector).max(initial=0.0))
        self._scales[block][at] = largest / _STEPS
        self._fine[block][at] = np.rint(vector * (_STEPS / largest)) if largest else 0

    def _make_room(self, row: int) -> None:
        while row >= self.rows:
            self._coarse.append(np.zeros((BLOCK, self._first), np.float32))
            self._fine.append(np.zeros((BLOCK, self.size), np.int8))
            self._scales.append(np.zeros(BLOCK, np.float32))

    def drop(self, row: int) -> None:
        """Make it zeros: near to nothing."""
        if row >= self.rows:
            return
        block, at = divmod(row, BLOCK)
        self._coarse[block][at] = 0
        self._fine[block][at] = 0
        self._scales[block][at] = 0

    def known(self, rows: int) -> NDArray[np.bool_]:
        """Which rows below `rows` have a vector other than zeros."""
        found = np.zeros(rows, np.bool_)
        if self._scales:
            scales = np.concatenate(self._scales)[:rows]
            found[: len(scales)] = scales > 0
        return found

    def roughly(self, vector: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
        """How near each row below `rows` is, by its first dimensions."""
        head = np.ascontiguousarray(vector[: self._first], np.float32)
        found = np.zeros(rows, np.float32)
        for number, block in enumerate(self._coarse):
            part = found[number * BLOCK : (number + 1) * BLOCK]
            np.dot(block[: len(part)], head, out=part)
        return found

    def exactly(self, vector: NDArray[np.float32], rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """The cosine to each of these rows."""
        found = np.zeros(len(rows), np.float32)
        blocks, at = np.divmod(rows, BLOCK)
        for block in np.unique(blocks[blocks < len(self._fine)]):
            which = np.flatnonzero(blocks == block)
            part = at[which]
            # Not a matrix product: its last bit depends on a row's place, and so would the order of equals.
            products = self._fine[block][part].astype(np.float32) * vector
            found[which] = products.sum(axis=1) * self._scales[block][part]
        return found
