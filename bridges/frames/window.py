"""What is on its way to a peer and not yet acknowledged. Pure.

Numbers belong to one session. After its end the messages go into another session under new numbers, in new
frames: sealed frames are never sent again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

from overlay.errors import BadEnvelope

T = TypeVar("T")


class Window(Generic[T]):
    """Stored messages, numbered from 1. A number may be given back: its later acknowledgement is nothing."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._last = 0
        self._upto = 0
        self._waiting: dict[int, tuple[T, float]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def room(self) -> int:
        """How many more may be on their way."""
        return self._limit - len(self._waiting)

    def add(self, item: T, now: float) -> int:
        """Its number. Callers look at `room` first."""
        self._last += 1
        self._waiting[self._last] = (item, now)
        return self._last

    def settle(self, upto: int, failures: Iterable[tuple[int, str]]) -> tuple[list[T], list[tuple[T, str]]]:
        """(those that the peer has stored, those that it has not, and why). Late ones change nothing.

        Raises BadEnvelope when the peer settles what was never sent.
        """
        failed = list(failures)
        if upto > self._last or any(not 0 < number <= self._last for number, _ in failed):
            raise BadEnvelope("the peer acknowledged messages that were not sent")
        refused = []
        for number, reason in failed:
            known = self._waiting.pop(number, None)
            if known is not None:
                refused.append((known[0], reason))
        done = []
        for number in range(self._upto + 1, upto + 1):
            known = self._waiting.pop(number, None)
            if known is not None:
                done.append(known[0])
        self._upto = max(self._upto, upto)
        return done, refused

    def give_back(self, before: float) -> list[T]:
        """Take out those that were sent before this moment."""
        late = [number for number, (_, since) in self._waiting.items() if since < before]
        return [self._waiting.pop(number)[0] for number in late]

    def drain(self) -> list[T]:
        """Take out all, in the order in which they were sent."""
        left = [item for item, _ in self._waiting.values()]
        self._waiting.clear()
        return left


class FrameCredit:
    """How many frames that hold more than acknowledgements may be on their way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sent: deque[int] = deque()

    @property
    def left(self) -> bool:
        """Whether another frame may go."""
        return len(self._sent) < self._limit

    def sent(self, sequence: int) -> None:
        """A frame went out."""
        self._sent.append(sequence)

    def acknowledged(self, frames: int, sent: int) -> None:
        """The peer has handled `frames` frames of the `sent`. Raises BadEnvelope."""
        if frames > sent:
            raise BadEnvelope("the peer acknowledged frames that were not sent")
        while self._sent and self._sent[0] < frames:
            self._sent.popleft()


class Arrivals:
    """The other end of a window: which numbers came, and up to which all are settled."""

    def __init__(self) -> None:
        self.upto = 0
        self._last = 0
        self._settled: set[int] = set()

    def begin(self, number: int) -> None:
        """Raises BadEnvelope unless it is the next."""
        if number != self._last + 1:
            raise BadEnvelope(f"stored message {number} of the link came after {self._last}")
        self._last = number

    def settled(self, number: int) -> None:
        """It is stored, or refused."""
        self._settled.add(number)
        while self.upto + 1 in self._settled:
            self.upto += 1
            self._settled.remove(self.upto)

    @property
    def waiting(self) -> int:
        """How many came and are not settled."""
        return self._last - self.upto - len(self._settled)
