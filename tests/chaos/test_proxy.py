"""The proxy does to connections what the weather says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.chaos.chance import Chance
from overlay.chaos.proxy import LinkProxy
from overlay.chaos.weather import FAIR, Passing, Weather

LIMIT_S = 30
HOST = "127.0.0.1"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def echoing() -> AsyncIterator[LinkProxy]:
    """A proxy in front of a server that says everything back."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                writer.write(data)
        except ConnectionError:
            return
        finally:
            writer.close()

    server = await asyncio.start_server(echo, HOST, 0)
    try:
        async with LinkProxy(HOST, server.sockets[0].getsockname()[1], 1).listening() as proxy:
            yield proxy
    finally:
        server.close()


async def said_back(connection: Connection, text: bytes) -> bytes:
    reader, writer = connection
    writer.write(text)
    async with asyncio.timeout(LIMIT_S):
        return await reader.readexactly(len(text))


async def ended(connection: Connection) -> bool:
    async with asyncio.timeout(LIMIT_S):
        try:
            return await connection[0].read(1) == b""
        except ConnectionError:
            return True


async def test_a_reset_ends_connections_and_the_next_one_works() -> None:
    async with echoing() as proxy:
        first = await asyncio.open_connection(HOST, proxy.port)
        assert await said_back(first, b"hello") == b"hello"
        proxy.reset()
        assert await ended(first)
        second = await asyncio.open_connection(HOST, proxy.port)
        assert await said_back(second, b"again") == b"again"
        second[1].close()


async def test_a_cut_link_takes_nobody_until_it_is_fair() -> None:
    async with echoing() as proxy:
        proxy.change(Weather(cut=True))
        assert await ended(await asyncio.open_connection(HOST, proxy.port))
        proxy.change(FAIR)
        later = await asyncio.open_connection(HOST, proxy.port)
        assert await said_back(later, b"hello") == b"hello"
        later[1].close()


async def test_a_black_hole_keeps_connections_and_passes_nothing_until_it_is_fair() -> None:
    async with echoing() as proxy:
        connection = await asyncio.open_connection(HOST, proxy.port)
        assert await said_back(connection, b"one") == b"one"
        proxy.change(Weather(hole=True))
        connection[1].write(b"two")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await connection[0].read(1)
        proxy.change(FAIR)
        async with asyncio.timeout(LIMIT_S):
            assert await connection[0].readexactly(3) == b"two"
        connection[1].close()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(1, 10000)), min_size=1, max_size=20),
    st.floats(0, 2),
    st.floats(0, 2),
    st.sampled_from([0.0, 1000.0]),
)
def test_nothing_overtakes_and_nothing_is_early(
    pieces: list[tuple[float, int]], delay_s: float, jitter_s: float, bytes_per_s: float
) -> None:
    passing, now, out, carried = Passing(Chance(1)), 0.0, 0.0, 0
    for pause_s, size in pieces:
        now += pause_s
        carried += size
        before, out = out, passing.out_at(Weather(False, False, delay_s, jitter_s, bytes_per_s), size, now)
        assert out >= before
        assert out >= now + delay_s
        if bytes_per_s:
            assert out >= pieces[0][0] + carried / bytes_per_s - 1e-9
