"""A relay in front of a server, which a test can cut: an outage within a millisecond, at the same address."""

from __future__ import annotations

import asyncio
import contextlib

_CHUNK = 65536


class TcpRelay:
    """Relays connections to `port` of this machine."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.to = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen: on a port that is free, and from then on that one."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection, take no more. Idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        if server is not None:
            await server.wait_closed()

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._relay(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        task.add_done_callback(lambda _: writer.transport.abort())  # it may be cut before it began

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            return
        both = (asyncio.create_task(_copy(reader, there[1])), asyncio.create_task(_copy(there[0], writer)))
        try:
            await asyncio.wait(both)
        finally:
            for task in both:
                task.cancel()
            for end in (writer, there[1]):
                end.transport.abort()
            await asyncio.wait(both)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
