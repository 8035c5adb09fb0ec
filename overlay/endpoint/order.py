"""Puts the messages of many streams in order again, within bounds of number and time. Pure.

A message whose number is the next goes through at once. One that is further ahead waits until those before it
came, until its sender says that they will not come (`oldest`), or until a bound is reached: then the gap is
passed over, and what comes late goes through when it comes. Nothing is ever dropped here.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Generic, NamedTuple, TypeVar

from overlay.naming.ids import PartyId

T = TypeVar("T")
_REMEMBERED = 256
"""Numbers of a stream that were passed over."""
_SHORTEST = 1 / 64
"""Of the time that a gap is waited for, where gap after gap was waited for in vain."""


class Place(NamedTuple):
    """Where in which stream a message stands, by the word of its sender."""

    sender: PartyId
    stream: int
    number: int
    oldest: int


class _Stream(Generic[T]):
    __slots__ = ("due", "held", "next", "passed", "patience")

    def __init__(self, following: int) -> None:
        self.next = following
        self.held: dict[int, T] = {}
        self.due = 0.0
        """Until when the present gap is waited for; counts only while something is held."""
        self.patience = 1.0
        self.passed: set[int] = set()

    def pass_to(self, number: int) -> None:
        """Those before `number` are waited for no longer."""
        if len(self.passed) < _REMEMBERED:
            self.passed.update(range(self.next, min(number, self.next + _REMEMBERED)))
        self.next = number


class Order(Generic[T]):
    """Of what one process receives. `wait_s`: how long a gap is waited for; `most`: items that wait at one
    time; `size`: streams that are remembered.
    """

    def __init__(self, wait_s: float, most: int, size: int, counters: Counter[str], name: str) -> None:
        self.held = 0
        """How many wait."""
        self._wait_s = wait_s
        self._most = most
        self._size = size
        self._counters = counters
        self._name = name
        self._streams: OrderedDict[tuple[PartyId, int], _Stream[T]] = OrderedDict()
        self._waiting: dict[tuple[PartyId, int], _Stream[T]] = {}

    def knows(self, place: Place) -> bool:
        """Whether something of this stream came before."""
        return (place.sender, place.stream) in self._streams

    def begin(self, place: Place, following: int) -> None:
        """A stream that is new here: `following` is the first number that was not handled already."""
        key = (place.sender, place.stream)
        self._streams[key] = _Stream(max(1, following))
        if len(self._streams) > self._size:
            self._forget_one()

    def passes(self, place: Place) -> bool:
        """Whether it is the next, and nothing waits behind it: the usual case, and quick."""
        stream = self._streams.get((place.sender, place.stream))
        if stream is None or stream.next != place.number or stream.held:
            return False
        stream.next += 1
        return True

    def put(self, place: Place, item: T, now: float, *, wait: bool = True) -> list[T]:
        """What goes on now, in order: nothing, if `item` has to wait. `wait`: False where the missing ones
        may have gone to another process. The stream was begun.
        """
        key = (place.sender, place.stream)
        stream = self._streams[key]
        ready = self._close(stream, place.oldest)
        stream.due = now + self._wait_s * stream.patience if ready else stream.due
        if place.number < stream.next:
            if place.number in stream.passed:  # else it is given again: its handler failed, or its receipt
                stream.passed.discard(place.number)
                self._counters[f"{self._name}-late"] += 1
            return [*self._settle(key, stream, ready), item]
        if place.number == stream.next:
            stream.next += 1
            stream.patience = 1.0
            stream.due = now + self._wait_s
            return self._settle(key, stream, [*ready, item, *_following(stream)])
        if not wait or not self._wait_s:
            self._counters[f"{self._name}-gap-not-waited"] += 1
            return self._settle(key, stream, [*ready, *self._skip(stream, place.number, item)])
        self._hold(key, stream, place.number, item, now)
        return self._settle(key, stream, [*ready, *self._relieve()])

    def due(self, now: float) -> list[T]:
        """What goes on since its gaps were waited for long enough."""
        ready: list[T] = []
        for key, stream in [(key, stream) for key, stream in self._waiting.items() if stream.due <= now]:
            stream.patience = max(_SHORTEST, stream.patience / 2)
            stream.due = now + self._wait_s * stream.patience
            ready += self._settle(key, stream, self._pass_over(stream, "gap-passed"))
        return ready

    def next_due(self) -> float | None:
        """When to ask again."""
        return min((stream.due for stream in self._waiting.values()), default=None)

    def _hold(self, key: tuple[PartyId, int], stream: _Stream[T], number: int, item: T, now: float) -> None:
        if not stream.held:
            stream.due = now + self._wait_s * stream.patience
            self._waiting[key] = stream
            self._counters[f"{self._name}-gap"] += 1
        self.held += number not in stream.held
        stream.held[number] = item  # one that is given again takes the place of the first

    def _close(self, stream: _Stream[T], oldest: int) -> list[T]:
        """What waited for numbers before `oldest`, which will not come."""
        if oldest <= stream.next:
            return []
        ready = [stream.held.pop(number) for number in sorted(stream.held) if number < oldest]
        stream.next = oldest
        return ready + _following(stream)

    def _skip(self, stream: _Stream[T], number: int, item: T) -> list[T]:
        ready = [stream.held.pop(one) for one in sorted(stream.held) if one < number]
        stream.pass_to(number)
        stream.next += 1
        return [*ready, item, *_following(stream)]

    def _pass_over(self, stream: _Stream[T], reason: str) -> list[T]:
        self._counters[f"{self._name}-{reason}"] += 1
        stream.pass_to(min(stream.held))
        return _following(stream)

    def _relieve(self) -> list[T]:
        """Room again, where there is none: at the cost of the stream that takes most of it."""
        if self.held <= self._most:
            return []
        key, stream = max(self._waiting.items(), key=lambda waiting: len(waiting[1].held))
        return self._settle(key, stream, self._pass_over(stream, "gap-full"))

    def _settle(self, key: tuple[PartyId, int], stream: _Stream[T], ready: list[T]) -> list[T]:
        if key in self._waiting:
            self.held = sum(len(waiting.held) for waiting in self._waiting.values())
            if not stream.held:
                del self._waiting[key]
        return ready

    def _forget_one(self) -> None:
        """The oldest that nothing waits in; with `most` items that wait, such a one is near."""
        for key, stream in self._streams.items():
            if not stream.held:
                del self._streams[key]
                return


def _following(stream: _Stream[T]) -> list[T]:
    ready = []
    while stream.held and stream.next in stream.held:
        ready.append(stream.held.pop(stream.next))
        stream.next += 1
    return ready
