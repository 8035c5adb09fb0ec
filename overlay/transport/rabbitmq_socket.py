"""The socket below aiormq: deliveries are taken out of what arrives, and frames can be written to it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from aiormq.connection import TransportFactory
from yarl import URL

from overlay.errors import TooLarge
from overlay.transport.rabbitmq_splitter import HEARTBEAT, Splitter

_ALIVE_S = 1.0


class _Protocol(asyncio.StreamReaderProtocol):
    """Of the socket: what is not for aiormq, it does not see."""

    def __init__(self, reader: asyncio.StreamReader, splitter: Splitter) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(reader, loop=loop)
        self._loop = loop
        self._splitter = splitter
        self._heard = loop.time()
        self._socket: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        try:
            passed = self._splitter.feed(data)
        except TooLarge:
            assert isinstance(self._socket, asyncio.WriteTransport)
            self._socket.abort()
            return
        if not passed and self._loop.time() > self._heard + _ALIVE_S:
            passed = HEARTBEAT  # aiormq sees no deliveries, and would think that the broker is silent
        if passed:
            self._heard = self._loop.time()
            super().data_received(passed)

    def eof_received(self) -> bool:
        """TLS has no half-closed connections."""
        super().eof_received()
        return False


class RabbitSocket(TransportFactory):
    """Opens the socket, and can cut it off."""

    def __init__(self, tls: ssl.SSLContext, timeout_s: float) -> None:
        self.splitter = Splitter()
        self._tls = tls
        self._timeout_s = timeout_s
        self._writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **_: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """For aiormq."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = _Protocol(reader, self.splitter)
        connected = await loop.create_connection(
            lambda: protocol,
            url.host or "",
            url.port or 0,
            ssl=self._tls,
            ssl_handshake_timeout=self._timeout_s,
            ssl_shutdown_timeout=self._timeout_s,
        )
        self._writer = asyncio.StreamWriter(connected[0], protocol, reader, loop)
        return reader, self._writer

    @property
    def waiting_bytes(self) -> int:
        """What was written and did not go out yet."""
        if self._writer is None or self._writer.is_closing():
            return 0
        return self._writer.transport.get_write_buffer_size()

    def write(self, data: bytes) -> None:
        """Nothing, once it is closed."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)

    async def written(self) -> None:
        """Returns when there is room, or it is closed."""
        if self._writer is not None:
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    def abort(self) -> None:
        """Close it at once."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def gone(self, timeout_s: float) -> None:
        """Returns when the socket is closed; cuts it off after `timeout_s`."""
        if self._writer is None:
            return
        self._writer.close()
        closing = asyncio.ensure_future(self._writer.wait_closed())
        await asyncio.wait((closing,), timeout=timeout_s)
        if not closing.done():
            self.abort()
            await asyncio.wait((closing,))
        if not closing.cancelled():
            closing.exception()
