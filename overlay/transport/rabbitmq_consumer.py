"""A channel that consumes one queue, and is opened again whenever the broker ended it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel

from overlay.errors import OverlayError, Unreachable
from overlay.transport.pauses import Pauses
from overlay.transport.rabbitmq_connection import RabbitConnection
from overlay.transport.rabbitmq_dial import RabbitClient, close_channel
from overlay.transport.rabbitmq_errors import broker_errors
from overlay.transport.rabbitmq_splitter import Delivered

Take = Callable[[Channel, Delivered], None]


class Consumer:
    """`take` is given each message and its channel; it must not raise. `prefetch` 0: the broker asks for no
    acknowledgement. `alone`: nobody else may consume. `anew`: what waited for readers while there was none is
    dropped first. `lost`: called when the broker takes back what was not settled.
    """

    def __init__(
        self,
        connection: RabbitConnection,
        queue: str,
        take: Take,
        *,
        prefetch: int = 0,
        alone: bool = False,
        anew: bool = False,
        lost: Callable[[], None] | None = None,
    ) -> None:
        self.take = take
        self._lost = lost
        self._connection = connection
        self._queue = queue
        self._prefetch = prefetch
        self._alone = alone
        self._anew = anew
        self._changing = asyncio.Lock()
        self._channel: Channel | None = None
        self._tag = ""
        self._stopped = False
        self._reopening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the broker knows. Raises Refused (Taken, NotFound), Unreachable."""
        settings = self._connection.settings
        client = await self._connection.ready(settings.publish_timeout_s)
        await self._open_on(client)
        self._anew = False
        self._connection.add(self)

    async def resume(self, client: RabbitClient) -> None:
        """See `Part`."""
        await self._stop_reopening()
        try:
            await self._open_on(client)
        except OverlayError:
            self._reopen_soon()

    async def pause(self) -> None:
        """Take nothing more; what was taken can still be settled. Idempotent."""
        self._stopped = True
        self._connection.remove(self)
        await self._stop_reopening()
        async with self._changing:
            if self._channel is not None and not self._channel.is_closed:
                await self._cancel(self._channel)

    async def stop(self) -> None:
        """Pause, and give back what was not settled. Idempotent."""
        await self.pause()
        async with self._changing:
            await self._close()

    async def _cancel(self, channel: Channel) -> None:
        try:
            async with asyncio.timeout(self._connection.settings.drain_timeout_s):
                with broker_errors(f"reading {self._queue} no more"):
                    await channel.basic_cancel(self._tag)
        except (OverlayError, TimeoutError):
            await self._close()  # a channel that is gone brings nothing more either

    async def _close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            await close_channel(channel, self._connection.settings.drain_timeout_s)

    async def _open_on(self, client: RabbitClient) -> None:
        timeout_s = self._connection.settings.connect_timeout_s
        try:
            async with asyncio.timeout(timeout_s), self._changing:
                if self._stopped or (self._channel is not None and client.owns(self._channel)):
                    return
                await self._close()
                await self._open(client)
        except TimeoutError as error:
            raise Unreachable(f"reading {self._queue}: no answer within {timeout_s:g} s") from error

    async def _open(self, client: RabbitClient) -> None:
        channel = await client.channel()
        channel.closing.add_done_callback(partial(self._forget, client, channel.number))
        client.deliveries[channel.number] = partial(self._deliver, channel)
        try:
            with broker_errors(f"reading {self._queue}"):
                await self._consume(channel)
        except BaseException:
            await close_channel(channel, self._connection.settings.drain_timeout_s)
            raise
        self._channel = channel
        channel.closing.add_done_callback(partial(self._ended, channel))
        if self._tag not in channel.consumers:
            self._ended(channel, None)  # cancelled already

    async def _consume(self, channel: Channel) -> None:
        channel.on_consumer_cancel_callbacks.add(partial(self._ended, channel))
        if self._anew:
            await self._drop_stale(channel)
        if self._prefetch:
            await channel.basic_qos(prefetch_count=self._prefetch)
        answer = await channel.basic_consume(
            self._queue, _undelivered, no_ack=not self._prefetch, exclusive=self._alone
        )
        self._tag = answer.consumer_tag or ""

    async def _drop_stale(self, channel: Channel) -> None:
        found = await channel.queue_declare(self._queue, passive=True)
        if found.consumer_count == 0 and found.message_count:
            await channel.queue_purge(self._queue)

    def _deliver(self, channel: Channel, delivered: Delivered) -> None:
        self.take(channel, delivered)

    @staticmethod
    def _forget(client: RabbitClient, number: int, _: object) -> None:
        client.deliveries.pop(number, None)

    def _ended(self, channel: Channel, _: object) -> None:
        """The channel was closed, or its consumer cancelled: the queue was deleted, its node went down."""
        if channel is self._channel and not self._stopped:
            if self._lost is not None:
                self._lost()
            if self._reopening is None or self._reopening.done():
                self._reopen_soon()

    def _reopen_soon(self) -> None:
        if not self._stopped:
            self._reopening = asyncio.create_task(self._reopen(), name=f"reopen {self._queue}")
            self._reopening.add_done_callback(self._reopened)

    async def _reopen(self) -> None:
        pauses, told = Pauses(self._connection.settings), False
        while not self._stopped:
            await pauses.next()
            client = self._connection.client
            if client is None or client.is_lost:
                return  # the next connection resumes us
            if not told:
                told = True
                self._connection.on_error(
                    self._queue, Unreachable("the broker ended its reader; trying again")
                )
            try:
                await self._close_cancelled()
                await self._open_on(client)
            except OverlayError as error:
                if pauses.over:
                    raise Unreachable(f"{self._queue} could not be read again: {error}") from error
            else:
                return

    async def _close_cancelled(self) -> None:
        """A channel whose consumer was cancelled is still open."""
        async with self._changing:
            await self._close()

    def _reopened(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._connection.give_up(str(error))

    async def _stop_reopening(self) -> None:
        task, self._reopening = self._reopening, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait((task,))


async def _undelivered(_: DeliveredMessage) -> None:
    """aiormq is given no deliveries."""
