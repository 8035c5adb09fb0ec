"""Who subscribes to topics, and who publishes on them, on a real broker."""

from __future__ import annotations

import asyncio

import pytest

from overlay import Agent, Message
from overlay.errors import NotPermitted, Refused
from tests.live_domain import LIMIT_S, LiveDomain, fresh


async def test_what_is_published_reaches_everybody_who_subscribes_and_nobody_else(live: LiveDomain) -> None:
    topic = fresh("news.weather")
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    readers = [await live.agent("reader") for _ in range(2)]

    def subscribe(agent: Agent, to: str) -> None:
        @agent.subscribes(to)
        async def read(message: Message) -> None:
            heard.put_nowait((str(agent.id), message.text))

    for reader in readers:
        subscribe(reader, topic)
    other = await live.agent("other")
    subscribe(other, fresh("news.sports"))
    async with readers[0], readers[1], other, await live.agent() as writer:
        assert await writer.publish(topic, "rain") == 2
        async with asyncio.timeout(LIMIT_S):
            got = {await heard.get() for _ in range(2)}
        assert got == {(str(reader.id), "rain") for reader in readers}


async def test_who_subscribes_to_many_topics_gets_each_if_its_certificate_permits_it(
    live: LiveDomain,
) -> None:  # AG-7
    area = fresh("area")
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    reader, stranger = await live.agent("reader", [area]), await live.agent("stranger")

    @reader.subscribes(f"{area}.>")
    async def wide(message: Message) -> None:
        heard.put_nowait(("wide", message.topic))

    @reader.subscribes(f"{area}.*.fire")
    async def narrow(message: Message) -> None:
        heard.put_nowait(("narrow", message.topic))

    @stranger.subscribes(f"{area}.>")
    async def never(_: Message) -> None:
        raise AssertionError("it may not subscribe to that")

    async with await live.agent() as writer, reader:
        with pytest.raises(Refused, match=f"ask the operator for the skill or scope '{area}'"):
            await stranger.__aenter__()
        assert await writer.publish(f"{area}.north.fire", "!") == 1
        assert await writer.publish(f"{area}.north.flood.high", "!") == 1
        assert await writer.publish(area, "!") == 0
        async with asyncio.timeout(LIMIT_S):
            got = {await heard.get() for _ in range(2)}
        assert got == {("narrow", f"{area}.north.fire"), ("wide", f"{area}.north.flood.high")}
        with pytest.raises(NotPermitted):
            await writer.ask(reader.id, "!", skill=f"{area}.>")
