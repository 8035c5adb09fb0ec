"""Numbers for what one process sends, so that receivers can put it in order. Pure."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.wire.content import MAX_GONE

_GIVEN_UP = 1024
"""Numbers that a stream remembers as given up."""

Lane = tuple[PartyId, Class, Priority]
"""To whom, and how: each has a stream of its own."""


class Stream:
    """The messages of one lane, numbered from 1."""

    __slots__ = ("_given_up", "id", "last", "open")

    def __init__(self) -> None:
        self.id = secrets.randbits(62) + 1
        """Random: another process, or this one after it forgot the stream, begins another."""
        self.last = 0
        self.open: OrderedDict[int, None] = OrderedDict()
        """Numbers that are not settled, the oldest first."""
        self._given_up: set[int] = set()

    @property
    def oldest(self) -> int:
        """The first that is not settled; if all are, the next one."""
        return next(iter(self.open), self.last + 1)

    @property
    def gone(self) -> tuple[int, ...]:
        """See `Content.gone`: what was given up, and is newer than the oldest that is not settled."""
        if not self._given_up:
            return ()
        oldest = self.oldest
        self._given_up = {number for number in self._given_up if number > oldest}
        return _spans(sorted(self._given_up))[:MAX_GONE]

    def settle(self, number: int, *, given_up: bool) -> None:
        """This one ended."""
        if number not in self.open:
            return
        del self.open[number]
        if given_up and len(self._given_up) < _GIVEN_UP:
            self._given_up.add(number)


class Numbering:
    """The streams of one process; the `size` most recent lanes are remembered."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._streams: OrderedDict[Lane, Stream] = OrderedDict()

    def next(self, to: PartyId, cls: Class, priority: Priority) -> Stream:
        """The stream of this lane, in which the next message has the number `last`. Reliable ones are open
        until they are `settled`.
        """
        lane = (to, cls, priority)
        stream = self._streams.get(lane)
        if stream is None:
            stream = self._streams[lane] = Stream()
            if len(self._streams) > self._size:
                self._streams.popitem(last=False)
        stream.last += 1
        if cls is Class.RELIABLE:
            stream.open[stream.last] = None
        return stream

    def settled(self, to: PartyId, priority: Priority, number: int, *, given_up: bool = False) -> None:
        """This reliable message ended: nobody need wait for it. `given_up`: its receiver may not have it."""
        stream = self._streams.get((to, Class.RELIABLE, priority))
        if stream is not None:
            stream.settle(number, given_up=given_up)


def _spans(numbers: list[int]) -> tuple[int, ...]:
    spans: list[int] = []
    for number in numbers:
        if spans and spans[-1] == number - 1:
            spans[-1] = number
        else:
            spans += (number, number)
    return tuple(spans)
