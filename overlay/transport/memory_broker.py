"""A broker in memory: the reference for the others, and the ground for tests without brokers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Protocol

from overlay.clock import Clock, system_clock
from overlay.errors import NotStored, Overloaded, Refused
from overlay.naming.mailboxes import Mailbox, slots_of
from overlay.transport.contract import FULL_WAIT_S, Delivery
from overlay.transport.memory_index import PatternIndex
from overlay.transport.memory_mailbox import Entry, MemoryMailbox


class Connection(Protocol):
    """What the broker knows of a client."""

    def lost(self) -> None:
        """The broker is gone."""

    def back(self) -> None:
        """The broker can be reached again."""


class MemoryBroker:
    """Mailboxes, and who is connected. Everything happens at once, in the caller's event loop."""

    def __init__(self, clock: Clock = system_clock, duplicate_window_s: float = 120.0) -> None:
        self.running = True
        self.room = 1_000_000
        """How many stored messages a mailbox takes."""
        self._clock = clock
        self._duplicate_window_s = duplicate_window_s
        self._mailboxes: dict[str, MemoryMailbox] = {}
        self._indexes: tuple[PatternIndex[MemoryMailbox], PatternIndex[MemoryMailbox]] | None = None
        self._connections: set[Connection] = set()
        self._slots: dict[tuple[str, str], Connection] = {}
        self._places = itertools.count()
        self._known_ids: dict[str, float] = {}

    def ensure(self, mailboxes: Iterable[Mailbox]) -> None:
        """Make the missing ones."""
        for mailbox in mailboxes:
            self._mailboxes.setdefault(mailbox.name, MemoryMailbox(mailbox, self._clock))
        self._indexes = None

    def change(self, mailbox: Mailbox) -> None:
        """It covers what this says, from now on."""
        self.ensure((mailbox,))
        self._mailboxes[mailbox.name].mailbox = mailbox
        self._indexes = None

    def remove(self, mailboxes: Iterable[Mailbox]) -> None:
        """Take these away, with what is stored in them."""
        for mailbox in mailboxes:
            self._mailboxes.pop(mailbox.name, None)
        self._indexes = None

    def mailbox(self, name: str) -> MemoryMailbox:
        """Raises Refused when nobody made it."""
        found = self._mailboxes.get(name)
        if found is None:
            raise Refused(f"there is no mailbox {name!r}: the provisioner makes it first")
        return found

    def publish(self, subject: str, payload: bytes) -> None:
        """A copy to each mailbox that covers `subject`."""
        delivery = Delivery(subject, payload)
        realtime, _ = self._index()
        for mailbox in realtime.covering(subject):
            mailbox.publish(delivery)

    def store(self, subject: str, payload: bytes, message_id: str, ttl_s: float) -> None:
        """A copy kept in each mailbox that covers `subject`. Raises NotStored when none does, Overloaded when
        it is full.
        """
        keepers = self._index()[1].covering(subject)
        if not keepers:
            raise NotStored(f"no mailbox keeps what is stored on {subject}")
        now = self._clock()
        if self._is_known(message_id, now):
            return
        if any(len(mailbox) >= self.room for mailbox in keepers):
            raise Overloaded(f"a mailbox for {subject} is full: store it again later", FULL_WAIT_S)
        self._known_ids[message_id] = now + self._duplicate_window_s
        entry = Entry(next(self._places), now + ttl_s, 1, Delivery(subject, payload))
        for mailbox in keepers:
            mailbox.put(entry)

    def _index(self) -> tuple[PatternIndex[MemoryMailbox], PatternIndex[MemoryMailbox]]:
        if self._indexes is None:
            all_of_them = self._mailboxes.values()
            self._indexes = (
                PatternIndex((one, one.mailbox.realtime) for one in all_of_them),
                PatternIndex((one, one.mailbox.stored) for one in all_of_them),
            )
        return self._indexes

    def _is_known(self, message_id: str, now: float) -> bool:
        while self._known_ids:
            oldest = next(iter(self._known_ids))
            if self._known_ids[oldest] > now:
                break
            del self._known_ids[oldest]
        return message_id in self._known_ids

    def claim(self, name: str, owner: Connection) -> str:
        """A slot of party `name` that no other connection has. Raises Overloaded."""
        for slot in slots_of(name):
            if (name, slot) not in self._slots:
                self._slots[name, slot] = owner
                return slot
        raise Overloaded(
            f"all {len(slots_of(name))} slots of {name} are taken: stop another process of it first"
        )

    def attach(self, connection: Connection) -> None:
        """A new client."""
        self._connections.add(connection)

    def detach(self, connection: Connection) -> None:
        """A client has gone, and its slots are free."""
        self._connections.discard(connection)
        self._slots = {key: owner for key, owner in self._slots.items() if owner is not connection}

    def stop(self) -> None:
        """An outage begins: every connection is lost, what is stored stays."""
        self._open(False)
        for connection in list(self._connections):
            connection.lost()

    def start(self) -> None:
        """The outage is over."""
        self._open(True)
        for connection in list(self._connections):
            connection.back()

    def _open(self, running: bool) -> None:
        self.running = running
        for mailbox in self._mailboxes.values():
            mailbox.open = running

    def disconnect_all(self) -> None:
        """A restart: connections and what readers had not settled are lost and come back."""
        self.stop()
        self.start()
