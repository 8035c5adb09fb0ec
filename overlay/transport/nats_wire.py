"""The socket below nats-py: its writer in the open, and TLS that knows that it is TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from nats.aio.transport import TcpTransport
from nats.protocol.parser import Parser


class _TlsReading(asyncio.StreamReaderProtocol):
    """TLS has no half-closed connections."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False


class NatsWire(TcpTransport):
    """nats-py's socket, with its writer in the open."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __bool__(self) -> bool:
        return True

    @property
    def writer(self) -> asyncio.StreamWriter | None:
        """None before anything was connected."""
        return self._io_writer

    def writelines(self, payload: list[bytes]) -> None:
        """In one piece: TLS would make a record of its own for each."""
        assert self._io_writer is not None
        self._io_writer.write(b"".join(payload))

    async def connect_tls(
        self, uri: object, ssl_context: ssl.SSLContext, buffer_size: int, connect_timeout: float
    ) -> None:
        """As nats-py does it, with a protocol that knows that it runs over TLS."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=buffer_size)
        protocol = _TlsReading(reader)
        assert self._io_writer is not None
        plain = self._io_writer.transport
        async with asyncio.timeout(connect_timeout):
            transport = await loop.start_tls(plain, protocol, ssl_context, server_hostname=str(uri))
        assert transport is not None
        self._io_reader = reader
        self._io_writer = asyncio.StreamWriter(transport, protocol, reader, loop)


class Arriving(Parser):
    """In the place of nats-py's parser, which costs several times as much."""

    def __init__(self, arrived: Callable[[bytes], Awaitable[None]]) -> None:
        super().__init__()
        self._arrived = arrived

    async def parse(self, data: bytes = b"") -> None:
        """For nats-py, which awaits it with what arrived."""
        await self._arrived(data)
