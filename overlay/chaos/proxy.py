"""A proxy where a domain's peers reach its broker, and the weather there."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.chaos.chance import Chance
from overlay.chaos.weather import FAIR, Passing, Weather

_CHUNK = 16 * 1024
_UNDER_WAY = 64
_RESET_AT_ONCE = struct.pack("ii", 1, 0)

_Piece = tuple[float, bytes]


class LinkProxy:
    """Between peers and `host`:`to`. It looks into nothing: all of it is encrypted."""

    def __init__(self, host: str, to: int, seed: int) -> None:
        self._host = host
        self._to = to
        self._chance = Chance(seed, "weather")
        self._weather = FAIR
        self._fair = asyncio.Event()
        self._fair.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[LinkProxy]:
        """At `port` of this machine, for the block."""
        server = await asyncio.start_server(self._accept, self._host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.reset()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def change(self, weather: Weather) -> None:
        """From now on."""
        self._weather = weather
        if weather.hole:
            self._fair.clear()
        else:
            self._fair.set()
        if weather.cut:
            self.reset()

    def reset(self) -> None:
        """Every connection, once."""
        for task in self._connections:
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        task.add_done_callback(lambda _: _reset(writer))  # it may be cut before it began

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather.cut:
            return
        await self._fair.wait()
        try:
            theirs, to_broker = await asyncio.open_connection(self._host, self._to)
        except OSError:
            return
        both = [
            asyncio.create_task(self._carry(reader, to_broker)),
            asyncio.create_task(self._carry(theirs, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            _reset(to_broker)
            await asyncio.gather(*both, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Returns at the end, however it comes."""
        pieces: asyncio.Queue[_Piece | None] = asyncio.Queue(_UNDER_WAY)
        out = asyncio.create_task(self._put_out(pieces, writer))
        passing, loop = Passing(self._chance), asyncio.get_running_loop()
        try:
            while data := await _read(reader):
                await pieces.put((passing.out_at(self._weather, len(data), loop.time()), data))
            await pieces.put(None)
            await out
        finally:
            out.cancel()
            await asyncio.gather(out, return_exceptions=True)

    async def _put_out(self, pieces: asyncio.Queue[_Piece | None], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while piece := await pieces.get():
                at, data = piece
                if at > loop.time():
                    await asyncio.sleep(at - loop.time())
                await self._fair.wait()
                writer.write(data)
                await writer.drain()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(_CHUNK)
    except OSError:
        return b""


def _reset(writer: asyncio.StreamWriter) -> None:
    """As a broken network does it: with an RST, and nothing that is still to be said."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() >= 0:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    writer.transport.abort()
