"""Vectors of texts that were embedded once, found again by what the text says. Pure."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import Protocol

from overlay.discovery.contract import Vector


def content_key(space: str, text: str) -> bytes:
    """Of a text in the space of a model: equal texts have equal keys, other models other keys."""
    return sha256(f"{space}\0{text}".encode()).digest()


class VectorCache(Protocol):
    """Wherever it keeps them. What it forgets is computed again."""

    def get(self, key: bytes) -> Vector | None:
        """The vector of a key (`content_key`), if it is remembered."""
        ...

    def put(self, key: bytes, vector: Vector) -> None:
        """Remember one."""
        ...


class MemoryVectorCache:
    """In memory; what was not used for longest is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._vectors: OrderedDict[bytes, Vector] = OrderedDict()

    def get(self, key: bytes) -> Vector | None:
        """See `VectorCache`."""
        found = self._vectors.get(key)
        if found is not None:
            self._vectors.move_to_end(key)
        return found

    def put(self, key: bytes, vector: Vector) -> None:
        """See `VectorCache`."""
        if self._most:
            self._vectors[key] = vector
            self._vectors.move_to_end(key)
            if len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
