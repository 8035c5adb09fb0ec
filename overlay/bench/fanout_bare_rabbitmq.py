"""Bare aio-pika connections of a fan-out measurement: a fanout exchange, and a queue for each member; with
`reliable`, quorum queues, confirms and acknowledgements.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aio_pika
from aio_pika.abc import (
    AbstractChannel,
    AbstractConnection,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
    DeliveryMode,
    ExchangeType,
)
from aio_pika.exceptions import AMQPError
from pamqp.common import FieldValue
from yarl import URL

from overlay.bench.fanout_jobs import FanoutJob, Take
from overlay.bench.relay_jobs import Place
from overlay.errors import Unreachable
from overlay.transport.address import TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.trust.keys import new_id

_PREFETCH = 256


class RabbitSource:
    """Publishes to one exchange."""

    def __init__(self, channel: AbstractChannel, *, reliable: bool) -> None:
        self._channel = channel
        self._mode = DeliveryMode.PERSISTENT if reliable else DeliveryMode.NOT_PERSISTENT
        self._exchange: AbstractExchange | None = None

    async def begin(self, name: str) -> None:
        """See `Source`."""
        self._exchange = await self._channel.declare_exchange(name, ExchangeType.FANOUT)

    async def send(self, body: bytes) -> None:
        """See `Source`."""
        if self._exchange is None:
            raise Unreachable("nothing has begun")
        try:
            await self._exchange.publish(aio_pika.Message(body, delivery_mode=self._mode), "")
        except AMQPError as error:
            raise Unreachable(f"a bare publish failed: {error!r}") from error

    async def end(self) -> None:
        """See `Source`."""
        if self._exchange is not None:
            await self._exchange.delete()


class RabbitMembers:
    """Each with a connection, a channel and a queue."""

    def __init__(self, channels: Sequence[AbstractChannel], *, reliable: bool) -> None:
        self._channels = channels
        self._reliable = reliable
        self._queues: list[AbstractQueue] = []

    async def join(self, name: str, takes: Sequence[Take]) -> None:
        """See `Members`."""
        kind: dict[str, FieldValue] = {"x-queue-type": "quorum" if self._reliable else "classic"}
        for channel, take in zip(self._channels, takes, strict=False):
            queue = await channel.declare_queue(
                f"{name}-{new_id().hex()}",
                durable=self._reliable,
                exclusive=not self._reliable,
                arguments=kind,
            )
            await queue.bind(name)

            async def one(message: AbstractIncomingMessage, take: Take = take) -> None:
                take(message.body)
                if self._reliable:
                    await message.ack()

            await queue.consume(one, no_ack=not self._reliable)
            self._queues.append(queue)

    async def leave(self) -> None:
        """See `Members`."""
        for queue in self._queues:
            await queue.delete(if_unused=False, if_empty=False)
        self._queues.clear()


async def _connected(place: Place, stack: AsyncExitStack, *, reliable: bool) -> AbstractChannel:
    url = URL.build(scheme="amqps", host=place.host, port=place.port, path="//", query={"auth": "external"})
    tls = client_tls(TlsFiles(Path(place.ca), Path(place.certificate), Path(place.key)))
    try:
        connection: AbstractConnection = await aio_pika.connect(url, ssl_context=tls)
    except (TimeoutError, OSError, AMQPError) as error:
        raise Unreachable(f"the bare RabbitMQ did not let us in: {error!r}") from error
    await stack.enter_async_context(connection)
    channel = await connection.channel(publisher_confirms=reliable)
    await channel.set_qos(prefetch_count=_PREFETCH)
    return channel


@asynccontextmanager
async def rabbitmq_source(job: FanoutJob, place: Place) -> AsyncIterator[RabbitSource]:
    """Connected. Raises Unreachable."""
    async with AsyncExitStack() as stack:
        yield RabbitSource(await _connected(place, stack, reliable=job.reliable), reliable=job.reliable)


@asynccontextmanager
async def rabbitmq_members(job: FanoutJob, place: Place) -> AsyncIterator[RabbitMembers]:
    """Connected. Raises Unreachable."""
    async with AsyncExitStack() as stack:
        channels = [await _connected(place, stack, reliable=job.reliable) for _ in range(job.connections)]
        yield RabbitMembers(channels, reliable=job.reliable)
