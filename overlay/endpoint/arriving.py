"""One stream of messages, as it comes in. Pure."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from overlay.naming.ids import PartyId

T = TypeVar("T")
_REMEMBERED = 256
"""Numbers of a stream that were passed over."""


class Place(NamedTuple):
    """Where in which stream a message stands, by the word of its sender."""

    sender: PartyId
    stream: int
    number: int
    oldest: int
    gone: tuple[int, ...] = ()
    """See `Content.gone`."""


class Arriving(Generic[T]):
    """What is the next of a stream, what waits behind it, and for how long."""

    __slots__ = ("due", "gap", "gone", "held", "next", "passed", "patience", "told")

    def __init__(self, following: int) -> None:
        self.next = following
        self.held: dict[int, T] = {}
        self.due = 0.0
        """Until when `gap` is waited for; counts only while something is held."""
        self.gap = 0
        """The number that was waited for last."""
        self.gone: tuple[int, ...] = ()
        self.told = 0
        """In which message that stood."""
        self.patience = 1.0
        self.passed: set[int] = set()

    def pass_to(self, number: int) -> None:
        """Those before `number` are waited for no longer."""
        if len(self.passed) < _REMEMBERED:
            self.passed.update(range(self.next, min(number, self.next + _REMEMBERED)))
        self.next = number

    def hear(self, place: Place) -> None:
        """What will not come, as the newest message says."""
        if place.gone and place.number > self.told:
            self.gone, self.told = place.gone, place.number

    def close(self, oldest: int) -> list[T]:
        """What waited for numbers before `oldest`, which will not come."""
        if oldest <= self.next:
            return self.following() if self.gone else []
        ready = [self.held.pop(number) for number in sorted(self.held) if number < oldest]
        self.next = oldest
        return ready + self.following()

    def skip_to(self, number: int, item: T) -> list[T]:
        """Up to `item`, whatever is missing before it."""
        ready = [self.held.pop(one) for one in sorted(self.held) if one < number]
        self.pass_to(number)
        self.next += 1
        return [*ready, item, *self.following()]

    def following(self) -> list[T]:
        """What is the next, and those after it."""
        ready = []
        while True:
            if self.held and self.next in self.held:
                ready.append(self.held.pop(self.next))
                self.next += 1
            elif not self.gone or not self._skip_gone():
                return ready

    def _skip_gone(self) -> bool:
        for first, last in zip(self.gone[::2], self.gone[1::2], strict=True):
            if first <= self.next <= last:
                self.pass_to(last + 1)
                return True
        return False
