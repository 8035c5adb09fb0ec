"""Numbers for what one process sends, so that receivers can put it in order. Pure."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority

Lane = tuple[PartyId, Class, Priority]
"""To whom, and how: each has a stream of its own."""


class Stream:
    """The messages of one lane, numbered from 1."""

    __slots__ = ("id", "last", "open")

    def __init__(self) -> None:
        self.id = secrets.randbits(62) + 1
        """Random: another process, or this one after it forgot the stream, begins another."""
        self.last = 0
        self.open: OrderedDict[int, None] = OrderedDict()
        """Numbers that are not settled, the oldest first."""

    @property
    def oldest(self) -> int:
        """The first that is not settled; if all are, the next one."""
        return next(iter(self.open), self.last + 1)


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

    def settled(self, to: PartyId, priority: Priority, number: int) -> None:
        """This reliable message ended, however: nobody need wait for it."""
        stream = self._streams.get((to, Class.RELIABLE, priority))
        if stream is not None:
            stream.open.pop(number, None)
