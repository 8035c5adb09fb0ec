"""Readers of mailboxes of the broker in memory."""

from __future__ import annotations

from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnDelivery, OnError, OnStored
from overlay.transport.handling import Handling
from overlay.transport.memory_mailbox import Entry, MemoryMailbox
from overlay.transport.quiet import Quiet
from overlay.transport.redelivery import redelivery_wait


class MemoryReader:
    """Reads the realtime half."""

    def __init__(
        self, mailbox: MemoryMailbox, handler: OnDelivery, settings: Settings, on_error: OnError
    ) -> None:
        self._mailbox = mailbox
        self._timeout_s = settings.drain_timeout_s
        self._stopped = False
        self._handling = Handling(
            handler,
            limit=settings.reader_queue,
            where=f"reader of {mailbox.mailbox.name}",
            on_error=on_error,
        )
        mailbox.add_realtime(self)

    @property
    def dropped(self) -> int:
        """See `contract.Reader`."""
        return self._handling.dropped

    def offer(self, delivery: Delivery) -> None:
        """From the broker."""
        self._handling.offer(delivery)

    def lost(self) -> None:
        """What was received stays ours."""
        self._mailbox.drop_realtime(self)

    def back(self) -> None:
        """Read on."""
        if not self._stopped:
            self._mailbox.add_realtime(self)

    async def finish(self, timeout_s: float) -> None:
        """See `contract.Reader`."""
        self._stopped = True
        self._mailbox.drop_realtime(self)
        await self._handling.finish(timeout_s)

    async def cover(self, mailbox: Mailbox) -> None:
        """See `contract.Reader`: what the mailbox covers comes."""

    async def stop(self) -> None:
        """See `contract.Reader`."""
        self._stopped = True
        self._mailbox.drop_realtime(self)
        await self._handling.stop(self._timeout_s)


class MemoryStored:
    """One stored message in the hands of a reader."""

    __slots__ = ("_reader", "entry")

    def __init__(self, reader: MemoryStoredReader, entry: Entry) -> None:
        self.entry = entry
        self._reader = reader

    @property
    def delivery(self) -> Delivery:
        """See `contract.Stored`."""
        return self.entry.delivery

    @property
    def attempt(self) -> int:
        """See `contract.Stored`."""
        return self.entry.attempt

    async def ack(self) -> None:
        """See `contract.Stored`."""
        self._reader.settle(self)

    async def again(self, delay_s: float = 0.0) -> None:
        """See `contract.Stored`."""
        self._reader.give_back(self, delay_s)


class MemoryStoredReader:
    """Reads the stored half."""

    dropped = 0

    def __init__(
        self, mailbox: MemoryMailbox, handler: OnStored, settings: Settings, on_error: OnError
    ) -> None:
        self._mailbox = mailbox
        self._handler = handler
        self._settings = settings
        self._stopped = False
        self._unsettled: set[MemoryStored] = set()
        self._quiet = Quiet()
        self._handling = Handling(
            self._handle,
            limit=settings.stored_in_flight,
            where=f"stored reader of {mailbox.mailbox.name}",
            on_error=on_error,
        )
        mailbox.add_stored(self)

    def has_room(self) -> bool:
        """For the broker."""
        return len(self._unsettled) < self._settings.stored_in_flight

    def take(self, entry: Entry) -> None:
        """From the broker."""
        stored = MemoryStored(self, entry)
        self._unsettled.add(stored)
        self._handling.offer(stored)

    def settle(self, stored: MemoryStored) -> None:
        """Done."""
        if stored in self._unsettled:
            self._unsettled.remove(stored)
            self._mailbox.pump()
            self._say_if_quiet()

    def give_back(self, stored: MemoryStored, delay_s: float) -> None:
        """Not done."""
        if stored in self._unsettled:
            self._unsettled.remove(stored)
            self._mailbox.put_later(stored.entry.next_attempt(), delay_s)
            self._mailbox.pump()
            self._say_if_quiet()

    def lost(self) -> None:
        """The broker delivers again what was not settled; settling it now comes too late."""
        self._mailbox.drop_stored(self)
        self._handling.clear()
        unsettled, self._unsettled = self._unsettled, set()
        for stored in unsettled:
            self._mailbox.put(stored.entry.next_attempt())
        self._say_if_quiet()

    def back(self) -> None:
        """Read on."""
        if not self._stopped:
            self._mailbox.add_stored(self)

    async def finish(self, timeout_s: float) -> None:
        """See `contract.Reader`."""
        self._stopped = True
        self._mailbox.drop_stored(self)
        if self._unsettled:
            await self._quiet.wait(timeout_s)

    async def cover(self, mailbox: Mailbox) -> None:
        """See `contract.Reader`: what the mailbox covers comes."""

    async def stop(self) -> None:
        """See `contract.Reader`."""
        self._stopped = True
        self._mailbox.drop_stored(self)
        for stored in self._handling.clear():
            self.give_back(stored, 0.0)
        await self._handling.stop(self._settings.drain_timeout_s)
        for stored in list(self._unsettled):
            self.give_back(stored, 0.0)

    def _say_if_quiet(self) -> None:
        if not self._unsettled:
            self._quiet.come()

    async def _handle(self, stored: MemoryStored) -> None:
        try:
            await self._handler(stored)
        except BaseException:
            await stored.again(redelivery_wait(stored.attempt, self._settings))
            raise
