"""Makes the exchange, the queues and the bindings of a domain on RabbitMQ."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from aiormq.channel import Channel
from aiormq.exceptions import ChannelPreconditionFailed

from overlay.errors import Unreachable
from overlay.naming.ids import PROVISIONER
from overlay.naming.mailboxes import Mailbox
from overlay.naming.patterns import rabbitmq_binding
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.rabbitmq_dial import RabbitClient, RabbitDial
from overlay.transport.rabbitmq_errors import broker_errors
from overlay.transport.rabbitmq_queues import (
    EXCHANGE,
    Arguments,
    realtime_arguments,
    realtime_queue,
    stored_arguments,
    stored_queue,
)

Work = Callable[[Channel], Awaitable[object]]


class RabbitProvisioner:
    """See `contract.Provisioner`. Made by `connect`. Each method raises Refused, Unreachable."""

    def __init__(self, dial: RabbitDial, settings: Settings, client: RabbitClient) -> None:
        self._dial = dial
        self._settings = settings
        self._client = client
        self._channel: Channel | None = None
        self._working = asyncio.Lock()
        self._closed = False

    @classmethod
    async def connect(cls, address: BrokerAddress, tls: TlsFiles, settings: Settings) -> RabbitProvisioner:
        """`tls` is the certificate of the user PROVISIONER. Raises BadSettings, Refused, Unreachable."""
        dial = RabbitDial(
            address, tls, PROVISIONER, settings.rabbitmq_heartbeat_s, settings.connect_timeout_s
        )
        return cls(dial, settings, await RabbitClient.dial(dial))

    async def prepare(self) -> None:
        """See `contract.Provisioner`."""
        await self._do(
            lambda channel: channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        )

    async def ensure(self, mailboxes: Sequence[Mailbox]) -> None:
        """See `contract.Provisioner`. A queue that was made with other limits keeps those."""
        for mailbox in mailboxes:
            arguments = realtime_arguments(self._settings)
            await self._ensure_queue(realtime_queue(mailbox), mailbox.realtime, arguments)
            if mailbox.stored:
                arguments = stored_arguments(self._settings)
                await self._ensure_queue(stored_queue(mailbox), mailbox.stored, arguments)

    async def change(self, before: Mailbox, after: Mailbox, /) -> None:
        """See `contract.Provisioner`."""
        await self.ensure((after,))
        for pattern in set(before.realtime) - set(after.realtime):
            await self._unbind(realtime_queue(after), pattern)
        for pattern in set(before.stored) - set(after.stored):
            await self._unbind(stored_queue(after), pattern)

    async def remove(self, mailboxes: Sequence[Mailbox]) -> None:
        """See `contract.Provisioner`."""
        for mailbox in mailboxes:
            for queue in (realtime_queue(mailbox), stored_queue(mailbox)):
                await self._do(partial(Channel.queue_delete, queue=queue))

    async def sweep(self) -> None:
        """See `contract.Provisioner`: a queue forgets by itself."""

    async def close(self) -> None:
        """See `contract.Provisioner`."""
        self._closed = True
        await self._client.end(self._settings.drain_timeout_s)

    async def _unbind(self, queue: str, pattern: str) -> None:
        binding = rabbitmq_binding(pattern)
        await self._do(lambda channel: channel.queue_unbind(queue, EXCHANGE, binding))

    async def _ensure_queue(self, queue: str, patterns: Sequence[str], arguments: Arguments) -> None:
        async def declare(channel: Channel) -> None:
            try:
                await channel.queue_declare(queue, durable=True, arguments=dict(arguments))
            except ChannelPreconditionFailed:
                self._channel = None  # the broker closed it; the queue is there, with limits of another time

        async def bind(channel: Channel) -> None:
            for pattern in patterns:
                await channel.queue_bind(queue, EXCHANGE, rabbitmq_binding(pattern))

        await self._do(declare)
        await self._do(bind)

    async def _do(self, work: Work) -> None:
        """Once more over a new connection: the old one may have been lost while nothing was to be done."""
        async with self._working:
            try:
                await self._attempt(work)
            except Unreachable:
                await self._attempt(work)

    async def _attempt(self, work: Work) -> None:
        timeout_s = self._settings.store_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                channel = await self._open_channel()
                with broker_errors("provisioning"):
                    await work(channel)
        except TimeoutError as error:
            await self._client.end(self._settings.drain_timeout_s)
            raise Unreachable(f"provisioning: no answer within {timeout_s:g} s") from error

    async def _open_channel(self) -> Channel:
        if self._closed:
            raise Unreachable("this provisioner is closed: connect again")
        if self._client.is_lost:
            await self._client.end(self._settings.drain_timeout_s)
            self._client = await RabbitClient.dial(self._dial)
        if self._channel is None or not self._client.owns(self._channel):
            self._channel = await self._client.channel()
        return self._channel
