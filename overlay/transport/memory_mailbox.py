"""One mailbox of the broker in memory: who reads it, and what is stored in it."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from overlay.clock import Clock
from overlay.errors import Refused
from overlay.naming.mailboxes import Mailbox
from overlay.transport.contract import Delivery


@dataclass(order=True, frozen=True, slots=True)
class Entry:
    """A stored message; `place` keeps the order in which messages were stored."""

    place: int
    expires: float
    attempt: int
    delivery: Delivery

    def next_attempt(self) -> Entry:
        """The same message, delivered once more."""
        return Entry(self.place, self.expires, self.attempt + 1, self.delivery)


class RealtimeSink(Protocol):
    """A reader of the realtime half."""

    def offer(self, delivery: Delivery) -> None:
        """Take it or drop it."""


class StoredSink(Protocol):
    """A reader of the stored half."""

    def has_room(self) -> bool:
        """Whether it takes another one."""

    def take(self, entry: Entry) -> None:
        """Another one."""


class MemoryMailbox:
    """Both halves of a mailbox and their readers."""

    def __init__(self, mailbox: Mailbox, clock: Clock) -> None:
        self.mailbox = mailbox
        self.open = True
        """Not during an outage of the broker: nothing is given out then."""
        self._clock = clock
        self._realtime: deque[RealtimeSink] = deque()
        self._readers: deque[StoredSink] = deque()
        self._stored: list[Entry] = []

    def __len__(self) -> int:
        return len(self._stored)

    def check_free(self) -> None:
        """Raises Refused when a mailbox that is not shared has its one reader."""
        if self._realtime and not self.mailbox.shared:
            raise Refused(f"mailbox {self.mailbox.name!r} has its one reader: stop that one first")

    def add_realtime(self, sink: RealtimeSink) -> None:
        """From now on `sink` gets its share."""
        self._realtime.append(sink)

    def drop_realtime(self, sink: RealtimeSink) -> None:
        """`sink` reads no more."""
        if sink in self._realtime:
            self._realtime.remove(sink)

    def add_stored(self, sink: StoredSink) -> None:
        """From now on `sink` gets its share."""
        self._readers.append(sink)
        self.pump()

    def drop_stored(self, sink: StoredSink) -> None:
        """`sink` reads no more."""
        if sink in self._readers:
            self._readers.remove(sink)

    def publish(self, delivery: Delivery) -> None:
        """To the next of the readers, if there is one."""
        if self._realtime:
            self._realtime[0].offer(delivery)
            self._realtime.rotate(-1)

    def put(self, entry: Entry) -> None:
        """Keep it until a reader has room."""
        heapq.heappush(self._stored, entry)
        self.pump()

    def put_later(self, entry: Entry, delay_s: float) -> None:
        """`put`, after `delay_s`."""
        if delay_s > 0:
            asyncio.get_running_loop().call_later(delay_s, self.put, entry)
        else:
            self.put(entry)

    def pump(self) -> None:
        """Give what is stored, oldest first, to readers with room."""
        while self._stored and self.open:
            entry = self._stored[0]
            if entry.expires <= self._clock():
                heapq.heappop(self._stored)
                continue
            reader = self._reader_with_room()
            if reader is None:
                return
            heapq.heappop(self._stored)
            reader.take(entry)

    def _reader_with_room(self) -> StoredSink | None:
        for _ in range(len(self._readers)):
            reader = self._readers[0]
            self._readers.rotate(-1)
            if reader.has_room():
                return reader
        return None
