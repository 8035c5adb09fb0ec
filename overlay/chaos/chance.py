"""Chance that a seed repeats. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """The same numbers for the same seed, in each version of Python."""

    def __init__(self, seed: int, what: str = "") -> None:
        self._seed = f"{seed} {what}".encode()
        self._drawn = 0

    def share(self) -> float:
        """From 0 to below 1."""
        self._drawn += 1
        drawn = hashlib.blake2b(self._drawn.to_bytes(8, "big") + self._seed, digest_size=8).digest()
        return (int.from_bytes(drawn, "big") >> 11) / (1 << 53)

    def between(self, least: float, most: float) -> float:
        """Any of them."""
        return least + (most - least) * self.share()

    def below(self, bound: int) -> int:
        """From 0 on."""
        return int(self.share() * bound)

    def one_of(self, choices: Sequence[T]) -> T:
        """One."""
        return choices[self.below(len(choices))]
