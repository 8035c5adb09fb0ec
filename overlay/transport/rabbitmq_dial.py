"""One connection to RabbitMQ, from its first byte to its last. Lost, it is never used again."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass

import aiormq
from aiormq.channel import Channel
from yarl import URL

from overlay.errors import Unreachable
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.rabbitmq_errors import broker_errors, broker_text
from overlay.transport.rabbitmq_socket import RabbitSocket

logging.getLogger("aiormq").setLevel(logging.CRITICAL)
"""What it logs, it raises as well: as errors they reach whoever can act on them."""


@dataclass(frozen=True, slots=True)
class RabbitDial:
    """How to get to a RabbitMQ, and as whom: who we are says the certificate; `name` is for people."""

    address: BrokerAddress
    tls: TlsFiles
    name: str
    heartbeat_s: int
    timeout_s: float

    @property
    def url(self) -> URL:
        """As aiormq takes it."""
        return URL.build(
            scheme="amqps",
            host=self.address.host,
            port=self.address.port,
            path="/" + self.address.vhost.removeprefix("/"),
            query={"auth": "external", "heartbeat": str(self.heartbeat_s), "name": self.name},
        )


class RabbitClient:
    """An open connection. Made by `dial`."""

    def __init__(self, dial: RabbitDial, tls: ssl.SSLContext) -> None:
        self._socket = RabbitSocket(tls, dial.timeout_s)
        self._connection = aiormq.Connection(dial.url, transport_factory=self._socket)
        self.deliveries = self._socket.splitter.takers
        """Who is given the deliveries of a channel, by its number."""

    @classmethod
    async def dial(cls, dial: RabbitDial) -> RabbitClient:
        """The certificate is read anew each time. Raises BadSettings, Refused, Unreachable."""
        client = cls(dial, client_tls(dial.tls))
        what = f"{dial.address} did not let {dial.name} in"
        try:
            async with asyncio.timeout(dial.timeout_s):
                with broker_errors(what):
                    await client._connection.connect()
        except TimeoutError as error:
            client._socket.abort()
            raise Unreachable(f"{what}: no answer within {dial.timeout_s:g} s") from error
        except BaseException:
            client._socket.abort()
            raise
        return client

    async def lost(self) -> str:
        """Returns when the connection has ended, with the reason."""
        closing = self._connection.closing
        await asyncio.wait((closing,))
        if closing.cancelled():
            return "it was closed"
        error = closing.exception()
        return broker_text(error) if error else "it was closed"

    @property
    def is_lost(self) -> bool:
        """Whether it has ended."""
        return not self._connection.is_opened

    @property
    def is_blocked(self) -> bool:
        """Whether the broker takes no messages: it runs out of memory or disk."""
        return self._socket.splitter.blocked

    @property
    def waiting_bytes(self) -> int:
        """What the socket has not taken yet."""
        return self._socket.waiting_bytes

    def write(self, frames: bytes) -> None:
        """Whole frames, for the socket; a connection that is lost drops them."""
        self._socket.write(frames)

    async def written(self) -> None:
        """Returns when the socket takes more, or the connection is lost."""
        await self._socket.written()

    async def unblocked(self) -> None:
        """Returns when the broker takes messages: not while it runs out of memory or disk."""
        await self._connection.ready()

    async def channel(self, *, confirms: bool = False) -> Channel:
        """A new channel. Raises Unreachable."""
        with broker_errors("opening a channel"):
            if self.is_lost:
                raise Unreachable("opening a channel: the connection was lost")
            number = 1
            while number in self._connection.channels:
                number += 1  # aiormq never takes a low number again, and the broker permits only so many
            opened = await self._connection.channel(number, publisher_confirms=confirms)
            assert isinstance(opened, Channel)
            return opened

    def owns(self, channel: Channel) -> bool:
        """Whether this channel is open, and one of this connection's."""
        return channel.connection is self._connection and is_open(channel) and not self.is_lost

    async def end(self, timeout_s: float) -> None:
        """Close, gently if it can be done within `timeout_s`. Leaves nobody waiting."""
        try:
            async with asyncio.timeout(timeout_s):
                with broker_errors("closing"):
                    await self._connection.close()
        except (TimeoutError, Unreachable):
            self._socket.abort()
        except BaseException:
            self._socket.abort()
            raise
        await self._release_writers()
        await self._socket.gone(timeout_s)

    async def _release_writers(self) -> None:
        """Nobody empties the queue of frames any more, and callers may wait for room in it."""
        queue = self._connection.write_queue
        while not queue.empty():
            while not queue.empty():
                queue.get_nowait()
            await asyncio.sleep(0)


def is_open(channel: Channel) -> bool:
    """Whether the broker has not closed it; aiormq itself notices a moment later."""
    return channel.connection.channels.get(channel.number) is channel and not channel.is_closed


async def close_channel(channel: Channel, timeout_s: float) -> None:
    """Close it; if that fails, it is gone with its connection."""
    try:
        with broker_errors("closing a channel"):
            await channel.close(timeout=timeout_s)
    except Unreachable:
        return
