"""A relay between a client and its broker that sees when the broker ends the connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_CHUNK = 65536


class Relay:
    """Passes bytes both ways, and looks into none: they are encrypted."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.closed: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        """When the broker first ended a connection, by `time.perf_counter`."""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Relay]:
        """On `port` of this machine, for the block."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            theirs, to_broker = await asyncio.open_connection(self._host, self._port)
            writers.append(to_broker)
            out = asyncio.create_task(_copy(reader, to_broker))
            back = asyncio.create_task(_copy(theirs, writer))
            try:
                await asyncio.wait((out, back), return_when=asyncio.FIRST_COMPLETED)
                if back.done() and not self.closed.done():
                    self.closed.set_result(time.perf_counter())
            finally:
                for task in (out, back):
                    task.cancel()
                await asyncio.gather(out, back, return_exceptions=True)
        finally:
            for one in writers:
                one.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Returns at the end, however it comes."""
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
