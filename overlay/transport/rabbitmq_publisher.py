"""Publishing to RabbitMQ: one channel without confirmations, one with."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from aiormq.channel import Channel
from aiormq.exceptions import ChannelClosed, DeliveryError, PublishError
from pamqp.commands import Basic

from overlay.brokers.rabbitmq_config import EXCHANGE
from overlay.errors import NotStored, OverlayError, Refused, Unreachable
from overlay.transport.rabbitmq_connection import RabbitConnection
from overlay.transport.rabbitmq_errors import broker_errors, translated
from overlay.transport.rabbitmq_queues import milliseconds

_TRANSIENT = 1
_PERSISTENT = 2
_ROOM_BYTES = 64 * 1024
"""After so many bytes a publisher waits until the socket has taken them."""
_LOOK_AGAIN_S = 0.01
"""A channel that has just been lost may not know it yet."""


class Lane:
    """A channel for publishing, opened when it is needed, and again when it was lost."""

    def __init__(self, connection: RabbitConnection, *, confirms: bool) -> None:
        self._connection = connection
        self._confirms = confirms
        self._opening = asyncio.Lock()
        self._channel: Channel | None = None

    async def channel(self, timeout_s: float) -> Channel:
        """Waits for a connection, and until the broker takes messages. Raises Unreachable."""
        client = await self._connection.ready(timeout_s)
        await client.unblocked()
        if self._channel is not None and client.owns(self._channel):
            return self._channel
        async with self._opening:
            if self._channel is None or not client.owns(self._channel):
                self._channel = await client.channel(confirms=self._confirms)
                self._channel.closing.add_done_callback(self._ended)
            return self._channel

    def _ended(self, closing: asyncio.Future[None]) -> None:
        """What was refused without confirmation, nobody else would hear of."""
        error = None if closing.cancelled() else closing.exception()
        if not self._confirms and isinstance(error, ChannelClosed) and any(error.args):
            self._connection.on_error("publish", translated("the broker does not permit it", error))


class RabbitPublisher:
    """See `contract.Transport` for what each method promises."""

    def __init__(self, connection: RabbitConnection) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._realtime = Lane(connection, confirms=False)
        self._stored = Lane(connection, confirms=True)
        self._room = asyncio.Semaphore(connection.settings.rabbitmq_stores_at_once)
        self._numbers = itertools.count(1)
        self._unsent = 0
        self._properties = Basic.Properties(delivery_mode=_TRANSIENT, message_id="0")

    async def publish(self, subject: str, payload: bytes) -> None:
        """Raises Unreachable."""

        async def publish(channel: Channel) -> None:
            self._unsent += len(payload)
            wait = self._unsent >= _ROOM_BYTES
            if wait:
                self._unsent = 0
            await channel.basic_publish(
                payload, exchange=EXCHANGE, routing_key=subject, properties=self._properties, wait=wait
            )

        await self._until_done(publish, "the broker took nothing")

    async def flush(self) -> None:
        """Raises Unreachable."""

        async def round_trip(channel: Channel) -> None:
            await channel.basic_qos(prefetch_count=0)  # changes nothing: nobody consumes here

        await self._until_done(round_trip, "the broker did not answer")

    async def _until_done(self, do: Callable[[Channel], Awaitable[object]], what: str) -> None:
        """Again on the next channel, when one is lost."""
        timeout_s = self._settings.publish_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    channel = await self._realtime.channel(timeout_s)
                    try:
                        with broker_errors("publishing"):
                            await do(channel)
                            return
                    except (Unreachable, Refused):
                        await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError as error:
            raise Unreachable(f"{what} for {timeout_s:g} s") from error

    async def store(self, subject: str, payload: bytes, message_id: str, ttl_s: float) -> None:
        """Raises NotStored, Refused, Unreachable."""
        timeout_s = self._settings.store_timeout_s
        properties = Basic.Properties(
            delivery_mode=_PERSISTENT,
            expiration=str(milliseconds(min(ttl_s, self._settings.store_max_age_s))),
            # aiormq tells what came back by this ID: two attempts must not share it
            message_id=f"{message_id}.{next(self._numbers)}",
        )
        try:
            async with asyncio.timeout(timeout_s), self._room:
                channel = await self._stored.channel(timeout_s)
                await _confirmed(channel, subject, payload, properties)
        except (TimeoutError, Unreachable) as error:
            self._connection.life.check()
            why = str(error) or f"no answer within {timeout_s:g} s"
            raise NotStored(f"the broker did not confirm {message_id}: {why}. Store it again") from error


async def _confirmed(channel: Channel, subject: str, payload: bytes, properties: Basic.Properties) -> None:
    try:
        with broker_errors(f"storing on {subject}"):
            await _publish(channel, subject, payload, properties)
    except Refused as error:
        raise _refusal(error, subject) from error


async def _publish(channel: Channel, subject: str, payload: bytes, properties: Basic.Properties) -> None:
    try:
        await channel.basic_publish(
            payload,
            exchange=EXCHANGE,
            routing_key=subject,
            properties=properties,
            mandatory=True,
            wait=len(payload) >= _ROOM_BYTES,
        )
    except PublishError as error:
        raise NotStored(f"no mailbox keeps what is stored on {subject}") from error
    except DeliveryError as error:
        raise NotStored(
            f"the broker did not take what was stored on {subject}: a mailbox is full, or has no leader. "
            "Store it again later"
        ) from error


def _refusal(error: Refused, subject: str) -> OverlayError:
    """The broker closes the channel on all that are in flight: only one of them was refused."""
    said = str(error)
    if "access to topic '" in said and f"access to topic '{subject}'" not in said:
        return NotStored(f"storing on {subject}: another message was refused first. Store it again")
    return error
