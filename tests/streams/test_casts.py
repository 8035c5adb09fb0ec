"""Streams in channels: one publishes, many listen, and the publisher hears of the worst off."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from overlay.agent.handlers import Handlers
from overlay.errors import NotPermitted
from overlay.streams.live import Live
from overlay.streams.stream import Stream
from overlay.streams.takers import Taker
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company, Someone
from tests.dict_registry import eventually
from tests.streams.company import LIMIT_S, read


@asynccontextmanager
async def live(someone: Someone) -> AsyncIterator[Live]:
    """With streams, too."""
    made = Live(someone.endpoint, someone.groups)
    handlers = Handlers()
    handlers.reserved.update(someone.groups.topics)
    handlers.reserved.update(made.topics)
    someone.endpoint._parts.reception.handler = handlers
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        await made.close()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_whoever_is_in_the_channel_listens_and_the_publisher_hears_how(tmp_path: Path) -> None:
    # AG-8, GW-9
    domain = CaDomain(tmp_path, stream_heartbeat_s=0.05, stream_silence_s=LIMIT_S)
    taken: asyncio.Queue[Stream] = asyncio.Queue()

    async def keep(stream: Stream) -> None:
        await taken.put(stream)
        await stream.closed.wait()

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(domain.serving())
        alice, bob, carol = await stack.enter_async_context(Company(domain, tmp_path).three())
        publisher, one, other = [await stack.enter_async_context(live(who)) for who in (alice, bob, carol)]
        for listener in (one, other):
            listener.takers.add("video/*", Taker(keep))
        channel = await alice.create("show", "bob@a.example", "carol@a.example")
        for someone in (bob, carol):
            await someone.join(channel)
        about = {"title": "hill"}
        stream = await publisher.casts.open(
            channel.id, "video/h264", late_ms=20_000, priority=None, group="call", about=about
        )
        async with asyncio.timeout(LIMIT_S):
            heard = [await taken.get(), await taken.get()]
        for number in range(10):
            await stream.send(b"%d" % number)
        for listening in heard:
            frames = await read(listening, 10)
            assert [frame.data for frame in frames] == [b"%d" % number for number in range(10)]
            assert listening.offer.about == about
            with pytest.raises(NotPermitted, match="its publisher sends"):
                await listening.send(b"x")
        async with asyncio.timeout(LIMIT_S):
            await eventually(lambda: stream.quality.listeners == 2 and stream.quality.received == 10)
        assert bob.heard.messages == []  # frames are not for who reads the channel
        await stream.end()
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*(listening.closed.wait() for listening in heard))
