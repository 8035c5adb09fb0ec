"""A bare aio-pika connection of a relay measurement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aio_pika
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage, AbstractQueue, DeliveryMode
from aio_pika.exceptions import AMQPError
from pamqp.common import FieldValue
from yarl import URL

from overlay.bench.relay_jobs import Place
from overlay.errors import Unreachable
from overlay.transport.address import TlsFiles
from overlay.transport.client_tls import client_tls

_PREFETCH = 256
Arguments = dict[str, FieldValue]


class BareRabbit:
    """A transient queue; with `reliable`, a quorum queue, confirms and acknowledgements."""

    def __init__(self, exchange: AbstractExchange, queue: AbstractQueue, *, reliable: bool) -> None:
        self._exchange = exchange
        self._queue = queue
        self._reliable = reliable
        self._mode = DeliveryMode.PERSISTENT if reliable else DeliveryMode.NOT_PERSISTENT

    async def send(self, body: bytes) -> None:
        """See `Bare`."""
        try:
            message = aio_pika.Message(body, delivery_mode=self._mode)
            await self._exchange.publish(message, self._queue.name)
        except AMQPError as error:
            raise Unreachable(f"a bare publish failed: {error!r}") from error

    async def take(self, handler: Callable[[bytes], Awaitable[None]]) -> None:
        """See `Bare`."""

        async def one(message: AbstractIncomingMessage) -> None:
            await handler(message.body)
            if self._reliable:
                await message.ack()

        await self._queue.consume(one, no_ack=not self._reliable)


@asynccontextmanager
async def bare_rabbitmq(place: Place, *, reliable: bool) -> AsyncIterator[BareRabbit]:
    """Connected. Raises Unreachable."""
    url = URL.build(scheme="amqps", host=place.host, port=place.port, path="//", query={"auth": "external"})
    tls = client_tls(TlsFiles(Path(place.ca), Path(place.certificate), Path(place.key)))
    try:
        connection = await aio_pika.connect(url, ssl_context=tls)
    except (TimeoutError, OSError, AMQPError) as error:
        raise Unreachable(f"the bare RabbitMQ did not let us in: {error!r}") from error
    async with connection:
        channel = await connection.channel(publisher_confirms=reliable)
        await channel.set_qos(prefetch_count=_PREFETCH)
        name = "bench.relay.rel" if reliable else "bench.relay.rt"
        kind: Arguments = {"x-queue-type": "quorum" if reliable else "classic"}
        queue = await channel.declare_queue(name, durable=reliable, arguments=kind)
        yield BareRabbit(channel.default_exchange, queue, reliable=reliable)
