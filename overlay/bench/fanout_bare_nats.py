"""Bare nats-py connections of a fan-out measurement: one subject; with `reliable`, a stream and a durable
consumer for each member.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from overlay.bench.fanout_jobs import FanoutJob, Take
from overlay.bench.raw_nats import bare_client
from overlay.bench.relay_jobs import Place
from overlay.errors import Unreachable
from overlay.transport.address import TlsFiles

_BATCH = 256
_WAIT_S = 1.0


class NatsSource:
    """Publishes on one subject."""

    def __init__(self, client: Client, *, reliable: bool) -> None:
        self._client = client
        self._stream = client.jetstream() if reliable else None
        self._name = ""

    async def begin(self, name: str) -> None:
        """See `Source`."""
        self._name = name
        if self._stream is not None:
            await self._stream.add_stream(name=name, subjects=[name])

    async def send(self, body: bytes) -> None:
        """See `Source`."""
        try:
            if self._stream is None:
                await self._client.publish(self._name, body)
            else:
                await self._stream.publish(self._name, body)
        except NatsError as error:
            raise Unreachable(f"a bare publish failed: {error!r}") from error

    async def end(self) -> None:
        """See `Source`."""
        if self._stream is not None:
            await self._stream.delete_stream(self._name)


class NatsMembers:
    """Subscribers, or consumers that fetch."""

    def __init__(self, clients: Sequence[Client], *, reliable: bool) -> None:
        self._clients = clients
        self._reliable = reliable
        self._subscribed: list[Subscription] = []
        self._fetching: list[asyncio.Task[None]] = []

    async def join(self, name: str, takes: Sequence[Take]) -> None:
        """See `Members`."""
        for client, take in zip(self._clients, takes, strict=False):
            if self._reliable:
                pulling = await client.jetstream().pull_subscribe(name, stream=name)
                self._fetching.append(asyncio.create_task(_fetch(pulling, take)))
                continue

            async def one(message: Msg, take: Take = take) -> None:
                take(message.data)

            self._subscribed.append(await client.subscribe(name, cb=one))
            await client.flush()

    async def leave(self) -> None:
        """See `Members`."""
        for subscription in self._subscribed:
            await subscription.unsubscribe()
        for task in self._fetching:
            task.cancel()
        if self._fetching:
            await asyncio.wait(self._fetching)
        self._subscribed.clear()
        self._fetching.clear()


async def _fetch(pulling: JetStreamContext.PullSubscription, take: Take) -> None:
    while True:
        try:
            messages = await pulling.fetch(_BATCH, timeout=_WAIT_S)
        except TimeoutError:
            continue
        for message in messages:
            take(message.data)
            await message.ack()


async def _connected(place: Place) -> Client:
    return await bare_client(place.port, TlsFiles(Path(place.ca), Path(place.certificate), Path(place.key)))


@asynccontextmanager
async def nats_source(job: FanoutJob, place: Place) -> AsyncIterator[NatsSource]:
    """Connected. Raises Unreachable."""
    client = await _connected(place)
    try:
        yield NatsSource(client, reliable=job.reliable)
    finally:
        await client.close()


@asynccontextmanager
async def nats_members(job: FanoutJob, place: Place) -> AsyncIterator[NatsMembers]:
    """Connected. Raises Unreachable."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(job.connections):
            clients.append(await _connected(place))
            stack.push_async_callback(clients[-1].close)
        members = NatsMembers(clients, reliable=job.reliable)
        stack.push_async_callback(members.leave)
        yield members
