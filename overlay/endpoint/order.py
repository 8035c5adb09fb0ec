"""Puts the messages of many streams in order again, within bounds of number and time. Pure.

A message whose number is the next goes through at once. One that is further ahead waits until those before
it came, until its sender says that they will not come (`oldest`, `gone`), or until it waited long enough:
then the gap is passed over, and what comes late goes through when it comes. Nothing is ever dropped here.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Generic, TypeVar

from overlay.endpoint.arriving import Arriving, Place
from overlay.naming.ids import PartyId

T = TypeVar("T")
_SHORTEST = 1 / 64
"""Of the time that a gap is waited for, where gap after gap was waited for in vain."""


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
        self._streams: OrderedDict[tuple[PartyId, int], Arriving[T]] = OrderedDict()
        self._waiting: dict[tuple[PartyId, int], Arriving[T]] = {}

    def knows(self, place: Place) -> bool:
        """Whether something of this stream came before."""
        return (place.sender, place.stream) in self._streams

    def begin(self, place: Place, following: int) -> None:
        """A stream that is new here: `following` is the first number that was not handled already."""
        key = (place.sender, place.stream)
        self._streams[key] = Arriving(max(1, following))
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
        """Room again, where giving them back does not help: at the cost of the largest stream."""
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

    def _pass_over(self, stream: Arriving[T], reason: str) -> list[T]:
        self._counters[f"{self._name}-{reason}"] += 1
        stream.pass_to(min(stream.held))
        return stream.following()

    def _largest(self) -> tuple[tuple[PartyId, int], Arriving[T]]:
        return max(self._waiting.items(), key=lambda waiting: len(waiting[1].held))

    def _settle(self, key: tuple[PartyId, int], stream: Arriving[T], now: float) -> None:
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
