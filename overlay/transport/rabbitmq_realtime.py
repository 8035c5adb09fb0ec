"""Reads the realtime half of a mailbox on RabbitMQ."""

from __future__ import annotations

from aiormq.channel import Channel

from overlay.errors import Overloaded, Refused
from overlay.naming.mailboxes import Mailbox, process_inbox, slots_of
from overlay.transport.contract import Delivery, OnDelivery
from overlay.transport.handling import Handling
from overlay.transport.rabbitmq_connection import RabbitConnection
from overlay.transport.rabbitmq_consumer import Consumer
from overlay.transport.rabbitmq_errors import Taken
from overlay.transport.rabbitmq_queues import realtime_queue
from overlay.transport.rabbitmq_splitter import Delivered


class RealtimeReader:
    """Made by `open`, or over the consumer that holds a claimed slot."""

    def __init__(self, connection: RabbitConnection, mailbox: Mailbox, handler: OnDelivery) -> None:
        self._timeout_s = connection.settings.drain_timeout_s
        self._handling = Handling(
            handler,
            limit=connection.settings.reader_queue,
            where=f"reader of {mailbox.name}",
            on_error=connection.on_error,
        )
        self._consumer: Consumer | None = None
        self._claim: Claim | None = None

    @classmethod
    async def open(
        cls, connection: RabbitConnection, mailbox: Mailbox, handler: OnDelivery
    ) -> RealtimeReader:
        """Raises Refused, Unreachable."""
        reader = cls(connection, mailbox, handler)
        queue = realtime_queue(mailbox)
        consumer = Consumer(connection, queue, reader.take, alone=not mailbox.shared, anew=True)
        try:
            await consumer.start()
        except BaseException:
            await reader.stop()
            raise
        reader._consumer = consumer
        return reader

    @property
    def dropped(self) -> int:
        """See `contract.Reader`."""
        return self._handling.dropped

    def take(self, _: Channel, delivered: Delivered) -> None:
        """From the broker."""
        self._handling.offer(Delivery(delivered.key, delivered.body))

    async def finish(self, timeout_s: float) -> None:
        """See `contract.Reader`."""
        if self._claim is not None:
            await self._claim.pause()
        if self._consumer is not None:
            await self._consumer.pause()
        await self._handling.finish(timeout_s)

    async def cover(self, mailbox: Mailbox) -> None:
        """See `contract.Reader`: the queue at the broker covers it."""

    async def stop(self) -> None:
        """See `contract.Reader`."""
        if self._claim is not None:
            self._claim.release(self)
        if self._consumer is not None:
            await self._consumer.pause()
        await self._handling.stop(self._timeout_s)
        if self._consumer is not None:
            await self._consumer.stop()

    def over(self, claim: Claim) -> None:
        """It reads what the consumer of `claim` takes."""
        self._claim = claim


class Claim:
    """A slot of a party, ours by the one consumer that its queue admits. Made by `first_free`."""

    def __init__(self, connection: RabbitConnection, name: str, slot: str) -> None:
        self.slot = slot
        self.mailbox = process_inbox(name, slot)
        self.unread = 0
        """Messages that came while nobody read: they are gone, as with any mailbox that nobody reads."""
        self._connection = connection
        self._reader: RealtimeReader | None = None
        queue = realtime_queue(self.mailbox)
        self._consumer = Consumer(connection, queue, self._drop, alone=True, anew=True)

    @classmethod
    async def first_free(cls, connection: RabbitConnection, name: str) -> Claim:
        """Raises Overloaded when all are taken, NotFound, Refused, Unreachable."""
        for slot in slots_of(name):
            claim = cls(connection, name, slot)
            try:
                await claim._consumer.start()
            except Taken:
                continue
            return claim
        raise Overloaded(
            f"all {len(slots_of(name))} slots of {name} are taken: stop another process of it first"
        )

    def read(self, handler: OnDelivery) -> RealtimeReader:
        """Its one reader. Raises Refused when it has one."""
        if self._reader is not None:
            raise Refused(f"mailbox {self.mailbox.name!r} has its one reader: stop that one first")
        reader = RealtimeReader(self._connection, self.mailbox, handler)
        reader.over(self)
        self._reader = reader
        self._consumer.take = reader.take
        return reader

    def release(self, reader: RealtimeReader) -> None:
        """`reader` reads no more; the slot stays ours."""
        if self._reader is reader:
            self._reader = None
            self._consumer.take = self._drop

    async def pause(self) -> None:
        """Take nothing more: somebody else may have the slot, what was taken is still read. Idempotent."""
        await self._consumer.pause()

    async def stop(self) -> None:
        """Somebody else may have the slot. Idempotent."""
        await self._consumer.stop()

    def _drop(self, _: Channel, __: Delivered) -> None:
        self.unread += 1
