"""Reads the stored half of a mailbox on RabbitMQ."""

from __future__ import annotations

from aiormq.channel import Channel

from overlay.naming.mailboxes import Mailbox
from overlay.transport.contract import Delivery, OnStored
from overlay.transport.handling import Handling
from overlay.transport.quiet import Quiet
from overlay.transport.rabbitmq_acks import Acks
from overlay.transport.rabbitmq_connection import RabbitConnection
from overlay.transport.rabbitmq_consumer import Consumer
from overlay.transport.rabbitmq_queues import stored_queue
from overlay.transport.rabbitmq_splitter import Delivered
from overlay.transport.redelivery import redelivery_wait


class RabbitStored:
    """One stored message in the hands of a reader."""

    __slots__ = ("_acks", "_attempt", "_delivery", "_reader", "_settled", "tag")

    def __init__(self, reader: StoredReader, acks: Acks, delivered: Delivered) -> None:
        self.tag = delivered.tag
        self._reader = reader
        self._acks = acks
        self._delivery = Delivery(delivered.key, delivered.body)
        self._attempt = delivered.attempt
        self._settled = False

    @property
    def delivery(self) -> Delivery:
        """See `contract.Stored`."""
        return self._delivery

    @property
    def attempt(self) -> int:
        """See `contract.Stored`."""
        return self._attempt

    async def ack(self) -> None:
        """See `contract.Stored`."""
        if not self._settled:
            self._settled = True
            self._acks.ack(self.tag)
            self._reader.settled(self)

    async def again(self, delay_s: float = 0.0) -> None:
        """See `contract.Stored`. Until then it counts as unsettled."""
        if not self._settled:
            self._settled = True
            self._acks.nack_later(self.tag, delay_s)
            self._reader.settled(self)


class StoredReader:
    """Made by `open`."""

    dropped = 0

    def __init__(self, connection: RabbitConnection, mailbox: Mailbox, handler: OnStored) -> None:
        self._settings = connection.settings
        self._handler = handler
        self._acks: Acks | None = None
        self._unsettled: set[RabbitStored] = set()
        self._quiet = Quiet()
        self._handling = Handling(
            self._handle,
            limit=self._settings.stored_in_flight,
            where=f"stored reader of {mailbox.name}",
            on_error=connection.on_error,
        )
        self._consumer = Consumer(
            connection,
            stored_queue(mailbox),
            self._take,
            prefetch=self._settings.stored_in_flight,
            lost=self._lost,
        )

    @classmethod
    async def open(cls, connection: RabbitConnection, mailbox: Mailbox, handler: OnStored) -> StoredReader:
        """Raises Refused, Unreachable."""
        reader = cls(connection, mailbox, handler)
        try:
            await reader._consumer.start()
        except BaseException:
            await reader.stop()
            raise
        return reader

    async def finish(self, timeout_s: float) -> None:
        """See `contract.Reader`."""
        await self._consumer.pause()
        if self._unsettled:
            await self._quiet.wait(timeout_s)

    def settled(self, stored: RabbitStored) -> None:
        """This one needs nothing more of its handler."""
        self._unsettled.discard(stored)
        if not self._unsettled:
            self._quiet.come()

    async def cover(self, mailbox: Mailbox) -> None:
        """See `contract.Reader`: the queue at the broker covers it."""

    async def stop(self) -> None:
        """See `contract.Reader`."""
        await self._consumer.pause()
        await self._handling.stop(self._settings.drain_timeout_s)
        if self._acks is not None:
            await self._acks.flush(self._settings.drain_timeout_s)
            self._acks.close()
        await self._consumer.stop()

    def _take(self, channel: Channel, delivered: Delivered) -> None:
        if self._acks is None or self._acks.channel is not channel:
            self._lost()
            self._acks = Acks(channel, self._settings)
        stored = RabbitStored(self, self._acks, delivered)
        self._unsettled.add(stored)
        self._handling.offer(stored)

    def _lost(self) -> None:
        """The broker delivers again what was not settled; settling it now comes too late."""
        self._handling.clear()
        self._unsettled.clear()
        self._quiet.come()
        if self._acks is not None:
            self._acks.close()

    async def _handle(self, stored: RabbitStored) -> None:
        try:
            await self._handler(stored)
        except BaseException:
            await stored.again(redelivery_wait(stored.attempt, self._settings))
            raise
