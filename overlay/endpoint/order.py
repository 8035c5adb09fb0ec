"""Puts the messages of many streams in order again, within bounds of number and time. Pure.

A message whose number is the next goes through at once. One that is further ahead waits until those before
it came, until its sender says that they will not come (`oldest`, `gone`), or until it waited long enough:
then the gap is passed over, and what comes late goes through when it comes. Nothing is ever dropped here.
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
    gone: tuple[int, ...] = ()
    """See `Content.gone`."""


class _Stream(Generic[T]):
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
        stream.hear(place)
        ready = stream.close(place.oldest)
        if place.number < stream.next:
            if place.number in stream.passed:  # else it is given again: its handler failed, or its receipt
                stream.passed.discard(place.number)
                self._counters[f"{self._name}-late"] += 1
            ready.append(item)
        elif place.number == stream.next:
            stream.next += 1
            stream.patience = 1.0
            ready += (item, *stream.following())
        elif not wait or not self._wait_s:
            self._counters[f"{self._name}-gap-not-waited"] += 1
            ready += stream.skip_to(place.number, item)
        else:
            stream.held[place.number] = item  # one that is given again takes the place of the first
        self._settle(key, stream, now)
        return ready

    def give_back(self) -> list[T]:
        """Those that there is no room for: they are held no longer, and are to be put again. The furthest
        ahead, of streams that take most of it, so that what is missing finds its way.
        """
        back = []
        while self.held > self._most:
            key, stream = self._largest()
            back.append(stream.held.pop(max(stream.held)))
            self.held -= 1
            if not stream.held:
                del self._waiting[key]
        self._counters[f"{self._name}-given-back"] += len(back)
        return back

    def relieve(self, now: float) -> list[T]:
        """Room again, where they cannot be given back: at the cost of the stream that takes most of it."""
        ready = []
        while self.held > self._most:
            key, stream = self._largest()
            ready += self._pass_over(stream, "gap-full")
            self._settle(key, stream, now)
        return ready

    def due(self, now: float) -> list[T]:
        """What goes on since its gaps were waited for long enough."""
        ready: list[T] = []
        for key, stream in [(key, stream) for key, stream in self._waiting.items() if stream.due <= now]:
            stream.patience = max(_SHORTEST, stream.patience / 2)
            ready += self._pass_over(stream, "gap-passed")
            self._settle(key, stream, now)
        return ready

    def next_due(self) -> float | None:
        """When to ask again."""
        return min((stream.due for stream in self._waiting.values()), default=None)

    def _pass_over(self, stream: _Stream[T], reason: str) -> list[T]:
        self._counters[f"{self._name}-{reason}"] += 1
        stream.pass_to(min(stream.held))
        return stream.following()

    def _largest(self) -> tuple[tuple[PartyId, int], _Stream[T]]:
        return max(self._waiting.items(), key=lambda waiting: len(waiting[1].held))

    def _settle(self, key: tuple[PartyId, int], stream: _Stream[T], now: float) -> None:
        if stream.held:
            self._waiting[key] = stream
            if (
                stream.gap != stream.next
            ):  # else it is waited for already, though all may have been given back
                stream.gap = stream.next
                stream.due = now + self._wait_s * stream.patience
                self._counters[f"{self._name}-gap"] += 1
        elif self._waiting.pop(key, None) is None:
            return
        self.held = sum(len(waiting.held) for waiting in self._waiting.values())

    def _forget_one(self) -> None:
        """The oldest that nothing waits in; with `most` items that wait, such a one is near."""
        for key, stream in self._streams.items():
            if not stream.held:
                del self._streams[key]
                return
