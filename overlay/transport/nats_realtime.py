"""Readers of the realtime half of a mailbox on NATS: one subscription for each of its patterns."""

from __future__ import annotations

import asyncio

from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnDelivery, OnError
from overlay.transport.handling import Handling
from overlay.transport.nats_connection import NatsConnection, Subscription
from overlay.transport.nats_parser import text_of


class NatsReader:
    """See `contract.Reader`. Made by `open`."""

    def __init__(
        self,
        connection: NatsConnection,
        mailbox: Mailbox,
        handler: OnDelivery,
        settings: Settings,
        on_error: OnError,
    ) -> None:
        self._connection = connection
        self._group = mailbox.name if mailbox.shared else ""
        self._timeout_s = settings.drain_timeout_s
        self._subscriptions: list[Subscription] = []
        self._handling = Handling(
            handler, limit=settings.reader_queue, where=f"reader of {mailbox.name}", on_error=on_error
        )

    @classmethod
    async def open(
        cls,
        connection: NatsConnection,
        mailbox: Mailbox,
        handler: OnDelivery,
        settings: Settings,
        on_error: OnError,
    ) -> NatsReader:
        """Raises Refused, Unreachable."""
        reader = cls(connection, mailbox, handler, settings, on_error)
        try:
            await reader.cover(mailbox)
        except BaseException:
            await reader.stop()
            raise
        return reader

    @property
    def dropped(self) -> int:
        """See `contract.Reader`."""
        return self._handling.dropped

    async def finish(self, timeout_s: float) -> None:
        """See `contract.Reader`."""
        until = asyncio.get_running_loop().time() + timeout_s
        await self._connection.leave(self._subscriptions, timeout_s)
        await self._handling.finish(until - asyncio.get_running_loop().time())

    async def cover(self, mailbox: Mailbox) -> None:
        """See `contract.Reader`: one subscription more for each pattern that is new. Raises Unreachable."""
        read = {subscription.subject for subscription in self._subscriptions}
        missing = [pattern for pattern in mailbox.realtime if pattern not in read]
        added: list[Subscription] = []
        try:
            for pattern in missing:
                made = await self._connection.subscribe(pattern, self._group, self._arrived)
                added.append(made)
        except BaseException:
            for subscription in added:
                self._connection.unsubscribe(subscription)
            raise
        gone = [
            subscription
            for subscription in self._subscriptions
            if subscription.subject not in mailbox.realtime
        ]
        for subscription in gone:
            self._connection.unsubscribe(subscription)
        self._subscriptions = [one for one in self._subscriptions if one not in gone] + added

    async def stop(self) -> None:
        """See `contract.Reader`."""
        while self._subscriptions:
            self._connection.unsubscribe(self._subscriptions.pop())
        await self._handling.stop(self._timeout_s)

    def _arrived(self, subject: bytes, _reply: bytes, data: bytes, _headers: bytes | None) -> None:
        self._handling.offer(Delivery(text_of(subject), data))
