"""One-way messages that are numbered and stamped by their sender, accounted for by their receiver."""

from __future__ import annotations

import mmap
import struct
import time
from array import array
from pathlib import Path
from typing import Protocol

from overlay.bench.reported import Reported

STAMP = struct.Struct(">QQ")
"""Number, from 0, and `time.monotonic_ns`, which all processes of a machine share."""
_COUNT = struct.Struct("Q")
_SHOWN = 10_000


class Counted(Protocol):
    """Where it is read how many messages have arrived."""

    @property
    def count(self) -> int:
        """So far."""


class Counting(Protocol):
    """Where it is written."""

    count: int


class Arrived:
    """How many messages have arrived, in memory that sender and receiver share: nothing of what is measured
    carries it.
    """

    def __init__(self, path: Path) -> None:
        """Of a file that `make` made."""
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _COUNT.size)

    @classmethod
    def make(cls, path: Path) -> Path:
        """A new file, with nothing arrived."""
        path.write_bytes(bytes(_COUNT.size))
        return path

    @property
    def count(self) -> int:
        """So far."""
        return int(_COUNT.unpack_from(self._memory)[0])

    @count.setter
    def count(self, count: int) -> None:
        _COUNT.pack_into(self._memory, 0, count)


class Stamper:
    """Makes the bodies."""

    def __init__(self, size: int) -> None:
        self.made = 0
        self._padding = bytes(max(0, size - STAMP.size))

    def next(self) -> bytes:
        """The next message."""
        number, self.made = self.made, self.made + 1
        return STAMP.pack(number, time.monotonic_ns()) + self._padding


class Tally:
    """What came, since the last `report`."""

    def __init__(self, arrived: Counting) -> None:
        self._arrived = arrived
        self._count = 0
        self._next = 0
        self._missing: set[int] = set()
        self._begin()

    def take(self, body: bytes) -> None:
        """One message came."""
        number, sent_ns = STAMP.unpack_from(body)
        self._latencies.append(time.monotonic_ns() - sent_ns)
        if number == self._next:
            self._next += 1
        else:
            self._out_of_turn(number)
        self._count += 1
        self._arrived.count = self._count

    def report(self) -> Reported:
        """And begin anew."""
        ordered = sorted(self._latencies)
        step = max(1, len(ordered) // _SHOWN)
        shown = [latency / 1e9 for latency in ordered[step // 2 :: step]]
        found = Reported(len(ordered) - self._duplicates, self._duplicates, self._misordered, shown)
        self._begin()
        return found

    def _begin(self) -> None:
        self._latencies = array("q")
        self._duplicates = self._misordered = 0
        self._missing.clear()

    def _out_of_turn(self, number: int) -> None:
        if number > self._next:
            self._missing.update(range(self._next, number))
            self._next = number + 1
        elif number in self._missing:
            self._missing.remove(number)
            self._misordered += 1
        else:
            self._duplicates += 1
