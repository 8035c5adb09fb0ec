"""A bare nats-py connection of a relay measurement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from overlay.bench.raw_nats import bare_client
from overlay.bench.relay_jobs import Place
from overlay.errors import Unreachable
from overlay.transport.address import TlsFiles

_SUBJECT = "bench.relay"
_STREAM = "bench"
_BATCH = 256
_WAIT_S = 1.0


class BareNats:
    """Core subjects; with a stream, JetStream: published side by side, fetched in batches."""

    def __init__(self, client: Client, stream: JetStreamContext | None) -> None:
        self._client = client
        self._stream = stream
        self._fetching: asyncio.Task[None] | None = None

    async def send(self, body: bytes) -> None:
        """See `Bare`."""
        try:
            if self._stream is None:
                await self._client.publish(_SUBJECT, body)
            else:
                await self._stream.publish(_SUBJECT, body)
        except NatsError as error:
            raise Unreachable(f"a bare publish failed: {error!r}") from error

    async def take(self, handler: Callable[[bytes], Awaitable[None]]) -> None:
        """See `Bare`."""
        if self._stream is not None:
            self._fetching = asyncio.create_task(self._fetch(self._stream, handler))
            return

        async def one(message: Msg) -> None:
            await handler(message.data)

        await self._client.subscribe(_SUBJECT, cb=one)
        await self._client.flush()

    async def stop(self) -> None:
        """Fetch no more."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait((self._fetching,))

    async def _fetch(self, stream: JetStreamContext, handler: Callable[[bytes], Awaitable[None]]) -> None:
        async def one(message: Msg) -> None:
            await handler(message.data)
            await message.ack()

        pulling = await stream.pull_subscribe(_SUBJECT, durable=_STREAM, stream=_STREAM)
        while True:
            try:
                messages = await pulling.fetch(_BATCH, timeout=_WAIT_S)
            except TimeoutError:
                continue
            await asyncio.gather(*(one(message) for message in messages))


@asynccontextmanager
async def bare_nats(place: Place, *, reliable: bool) -> AsyncIterator[BareNats]:
    """Connected. Raises Unreachable."""
    client = await bare_client(place.port, TlsFiles(Path(place.ca), Path(place.certificate), Path(place.key)))
    try:
        stream = client.jetstream() if reliable else None
        if stream is not None:
            await stream.add_stream(name=_STREAM, subjects=[_SUBJECT])
        bare = BareNats(client, stream)
        try:
            yield bare
        finally:
            await bare.stop()
    finally:
        await client.close()
