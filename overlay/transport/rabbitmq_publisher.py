"""Publishing to RabbitMQ: one channel without confirmations, one with."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from aiormq.exceptions import ChannelClosed, DeliveryError, PublishError

from overlay.errors import NotStored, OverlayError, Overloaded, Refused, Unreachable
from overlay.transport.contract import FULL_WAIT_S
from overlay.transport.rabbitmq_connection import RabbitConnection
from overlay.transport.rabbitmq_errors import broker_errors, translated
from overlay.transport.rabbitmq_outlet import Outlet
from overlay.transport.rabbitmq_queues import milliseconds

_LOOK_AGAIN_S = 0.01
"""A channel that has just been lost may not know it yet."""


class Lane:
    """An outlet, opened when it is needed, and again when it was lost."""

    def __init__(self, connection: RabbitConnection, *, confirms: bool) -> None:
        self._connection = connection
        self._confirms = confirms
        self._opening = asyncio.Lock()
        self._outlet: Outlet | None = None

    @property
    def ready(self) -> Outlet | None:
        """The outlet, if nothing has to be waited for."""
        return self._outlet if self._outlet is not None and self._outlet.open else None

    async def outlet(self, timeout_s: float) -> Outlet:
        """Waits for a connection, and until the broker takes messages. Raises Unreachable."""
        client = await self._connection.ready(timeout_s)
        await client.unblocked()
        if self._outlet is not None and client.owns(self._outlet.channel):
            return self._outlet
        async with self._opening:
            if self._outlet is None or not client.owns(self._outlet.channel):
                channel = await client.channel(confirms=self._confirms)
                channel.closing.add_done_callback(self._ended)
                self._outlet = Outlet(client, channel)
            return self._outlet

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

    async def publish(self, subject: str, payload: bytes) -> None:
        """Raises Unreachable."""
        if self.publish_now(subject, payload):
            return

        async def publish(outlet: Outlet) -> None:
            await outlet.room()
            outlet.publish(subject, payload)

        await self._until_done(publish, "the broker took nothing")

    def publish_now(self, subject: str, payload: bytes) -> bool:
        """Whether there was room."""
        ready = self._realtime.ready
        if ready is None:
            return False
        ready.publish(subject, payload)
        return True

    async def flush(self) -> None:
        """Raises Unreachable."""

        async def round_trip(outlet: Outlet) -> None:
            await outlet.written()
            await outlet.channel.basic_qos(prefetch_count=0)  # changes nothing: nobody consumes here

        await self._until_done(round_trip, "the broker did not answer")

    async def _until_done(self, do: Callable[[Outlet], Awaitable[None]], what: str) -> None:
        """Again on the next channel, when one is lost."""
        timeout_s = self._settings.publish_timeout_s
        try:
            async with asyncio.timeout(timeout_s):
                while not await self._done(do, timeout_s):
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError as error:
            raise Unreachable(f"{what} for {timeout_s:g} s") from error

    async def _done(self, do: Callable[[Outlet], Awaitable[None]], timeout_s: float) -> bool:
        try:
            outlet = await self._realtime.outlet(timeout_s)
            with broker_errors("publishing"):
                await do(outlet)
        except (Unreachable, Refused):
            self._connection.life.check()
            return False
        return True

    async def store(self, subject: str, payload: bytes, message_id: str, ttl_s: float) -> None:
        """Raises NotStored, Refused, Unreachable."""
        timeout_s = self._settings.store_timeout_s
        expires_ms = milliseconds(min(ttl_s, self._settings.store_max_age_s))
        # aiormq tells by this ID what came back: two attempts must not share it
        attempt_id = f"{message_id}.{next(self._numbers)}"
        try:
            async with asyncio.timeout(timeout_s), self._room:
                outlet = await self._open_outlet(timeout_s)
                await outlet.room()
                await _confirmed(outlet, subject, payload, attempt_id, expires_ms)
        except (TimeoutError, Unreachable) as error:
            self._connection.life.check()
            why = str(error) or f"no answer within {timeout_s:g} s"
            raise NotStored(f"the broker did not confirm {message_id}: {why}. Store it again") from error

    async def _open_outlet(self, timeout_s: float) -> Outlet:
        """Nothing was sent yet: a connection that was just lost is waited for. Raises Unreachable."""
        while True:
            try:
                return await self._stored.outlet(timeout_s)
            except Unreachable:
                self._connection.life.check()
                await asyncio.sleep(_LOOK_AGAIN_S)


async def _confirmed(outlet: Outlet, subject: str, payload: bytes, attempt_id: str, expires_ms: int) -> None:
    try:
        with broker_errors(f"storing on {subject}"):
            await _publish(outlet, subject, payload, attempt_id, expires_ms)
    except Refused as error:
        raise _refusal(error, subject) from error


async def _publish(outlet: Outlet, subject: str, payload: bytes, attempt_id: str, expires_ms: int) -> None:
    try:
        await outlet.publish_confirmed(subject, payload, attempt_id, expires_ms)
    except PublishError as error:
        raise NotStored(f"no mailbox keeps what is stored on {subject}") from error
    except DeliveryError as error:
        raise Overloaded(
            f"the broker did not take what was stored on {subject}: a mailbox is full, or has no leader. "
            "Store it again later",
            FULL_WAIT_S,
        ) from error


def _refusal(error: Refused, subject: str) -> OverlayError:
    """The broker closes the channel on all that are in flight: only one of them was refused."""
    said = str(error)
    if "access to topic '" in said and f"access to topic '{subject}'" not in said:
        return NotStored(f"storing on {subject}: another message was refused first. Store it again")
    return error
