"""Two agents in memory, of two domains, and their streams."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.agent.handlers import Handlers
from overlay.endpoint.endpoint import Endpoint
from overlay.streams.frame import Frame
from overlay.streams.stream import Stream
from overlay.streams.streams import Streams
from overlay.streams.takers import Taker
from tests.memory_domain import MemoryDomain, peered

LIMIT_S = 30.0


class Party:
    """An agent with its streams; what it was given of them."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.streams = Streams(endpoint)
        self.taken: asyncio.Queue[Stream] = asyncio.Queue()

    async def open(self, to: Party, media_type: str = "audio/opus", late_ms: int = 20_000) -> Stream:
        return await self.streams.open(
            to.endpoint.me, media_type, late_ms=late_ms, priority=None, group="", about={}
        )

    async def keep(self, stream: Stream) -> None:
        """A handler: the stream goes on until the other side ends it."""
        await self.taken.put(stream)
        await stream.closed.wait()

    async def next(self) -> Stream:
        """The next stream that somebody opened here."""
        async with asyncio.timeout(LIMIT_S):
            return await self.taken.get()


async def read(stream: Stream, count: int) -> list[Frame]:
    """So many frames."""
    frames: list[Frame] = []
    async with asyncio.timeout(LIMIT_S):
        while len(frames) < count:
            frame = await stream.exchange.incoming.next()
            assert frame is not None
            frames.append(frame)
    return frames


@asynccontextmanager
async def party(domain: MemoryDomain, name: str) -> AsyncIterator[Party]:
    """At work."""
    async with domain.open(name) as endpoint:
        one = Party(endpoint)
        handlers = Handlers()
        handlers.reserved.update(one.streams.topics)
        await endpoint.serve(handlers)
        running = asyncio.create_task(one.streams.run())
        try:
            yield one
        finally:
            await one.streams.close()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


@asynccontextmanager
async def two(here: MemoryDomain, there: MemoryDomain) -> AsyncIterator[tuple[Party, Party]]:
    """alice@a.example, and bob@b.example who takes `audio/*`."""
    there.party("bob")
    async with peered(here, there), party(here, "alice") as alice, party(there, "bob") as bob:
        here.directory.cards |= there.directory.cards
        there.directory.cards |= here.directory.cards
        bob.streams.takers.add("audio/*", Taker(bob.keep))
        yield alice, bob
