"""Which slots of an index have a term: lists of numbers where few have it, a mask where many do. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.int32]
Mask = NDArray[np.bool_]
_SPARSE = 4096
"""Above so many, and an eighth of all slots, a mask is smaller and quicker."""


class Posting:
    """Slots that have one term."""

    __slots__ = ("_count", "_list", "_mask")

    def __init__(self) -> None:
        self._list: array[int] | None = array("i")
        self._mask: Mask = _NO_MASK
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, slot: int, room: int) -> None:
        """`room`: how many slots the index has."""
        if self._list is None:
            self._grow(room)
            if not self._mask[slot]:
                self._mask[slot] = True
                self._count += 1
            return
        at = bisect_left(self._list, slot)
        if at < self._count and self._list[at] == slot:
            return
        self._list.insert(at, slot)
        self._count += 1
        if self._count > max(_SPARSE, room // 8):
            self._mask = np.zeros(room, np.bool_)
            self._mask[np.frombuffer(self._list, np.int32)] = True
            self._list = None

    def discard(self, slot: int) -> None:
        """Idempotent."""
        if self._list is None:
            if slot < len(self._mask) and self._mask[slot]:
                self._mask[slot] = False
                self._count -= 1
                if self._count < _SPARSE // 2:
                    self._list = array("i", np.flatnonzero(self._mask).astype(np.int32).tobytes())
                    self._mask = _NO_MASK
            return
        at = bisect_left(self._list, slot)
        if at < self._count and self._list[at] == slot:
            del self._list[at]
            self._count -= 1

    def slots(self) -> Slots:
        """All of them, ascending."""
        if self._list is None:
            return np.flatnonzero(self._mask).astype(np.int32)
        return np.frombuffer(self._list.tobytes(), np.int32)

    def mask(self, room: int) -> Mask:
        """True where a slot has it; not to be written to."""
        if self._list is None:
            self._grow(room)
            return self._mask
        found = np.zeros(room, np.bool_)
        found[self.slots()] = True
        return found

    def among(self, slots: Slots, room: int) -> Mask:
        """Which of these have it."""
        if self._list is None:
            self._grow(room)
            return self._mask[slots]
        own = self.slots()
        if not len(own):
            return np.zeros(len(slots), np.bool_)
        at = np.minimum(np.searchsorted(own, slots), len(own) - 1)
        found: Mask = own[at] == slots
        return found

    def _grow(self, room: int) -> None:
        if len(self._mask) < room:
            self._mask = np.concatenate((self._mask, np.zeros(room - len(self._mask), np.bool_)))


def any_of(masks: Sequence[Mask]) -> Mask:
    """True where one of them is; there is one."""
    found = masks[0]
    for mask in masks[1:]:
        found = found | mask
    return found


def all_of(masks: Sequence[Mask]) -> Mask:
    """True where all of them are; there is one."""
    found = masks[0]
    for mask in masks[1:]:
        found = found & mask
    return found


_NO_MASK: Mask = np.zeros(0, np.bool_)
