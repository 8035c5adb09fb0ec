"""Channels inside one domain, on both brokers: read by the broker's own publish/subscribe (GW-9)."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.domain.residents import resident
from overlay.errors import NotPermitted, Refused
from overlay.naming.mailboxes import agent_inbox
from overlay.transport.contract import Delivery
from tests.channels.company import Heard
from tests.integration.conftest import Federation
from tests.integration.people import LIMIT_S, SETTINGS, fresh


async def _until_out(channel: Channel) -> None:
    async with asyncio.timeout(LIMIT_S):
        async for _ in channel:
            pass


@pytest.mark.parametrize("where", ["a", "c"])
async def test_members_read_in_order_away_or_not_and_who_is_put_out_reads_nothing(
    federation: Federation, where: str
) -> None:
    folder = federation[where]
    homes = [await resident(folder, fresh(name), ()) for name in ("owner", "here", "away", "stranger")]
    async with AsyncExitStack() as stack:
        owner, here, stranger = [
            await stack.enter_async_context(Agent(homes[number], settings=SETTINGS)) for number in (0, 1, 3)
        ]
        heard = Heard()
        away = homes[2]
        name = fresh("case")
        invited = [str(here.id), f"{away.name}@{owner.id.domain}"]
        channel = await owner.create_channel(name, invite=invited)
        await here.join_channel(channel.id, handler=heard)
        async with Agent(away, settings=SETTINGS) as member:
            await member.join_channel(channel.id)
        for number in range(10):
            await channel.publish(f"rt {number}")
            await channel.publish(f"rel {number}", reliable=True)
        texts = await heard.until(20)
        for word in ("rt", "rel"):
            assert [text for text in texts if text.startswith(word)] == [f"{word} {n}" for n in range(10)]

        # who was away gets what was stored; who is nobody's guest gets nothing, from broker or owner
        member = await stack.enter_async_context(Agent(away, settings=SETTINGS))
        back = await member.join_channel(channel.id)
        got = []
        async with asyncio.timeout(LIMIT_S):
            async for message in back:
                got.append(message.text)
                if len(got) == 10:
                    break
        assert got == [f"rel {n}" for n in range(10)]
        with pytest.raises(NotPermitted, match="by invitation"):
            await stranger.join_channel(channel.id)
        await _reads_nothing(stranger, channel)

        # who is put out: the broker gives it nothing more, and the secret is another
        secret = channel.membership.epoch.secret
        await channel.remove(member.id)
        await _until_out(back)
        assert channel.membership.epoch.secret != secret
        await _reads_nothing(member, channel)
        await channel.publish("without them", reliable=True)
        async with asyncio.timeout(LIMIT_S):
            while "without them" not in heard.texts:
                await heard.until(len(heard.texts) + 1)
        assert member.channels == []
        await channel.release()


async def _reads_nothing(agent: Agent, channel: Channel) -> None:
    """On NATS the broker refuses; on RabbitMQ it may read its inbox, which no binding brings anything to."""
    taken: list[Delivery] = []

    async def take(delivery: Delivery) -> None:
        taken.append(delivery)

    transport = agent.endpoint.transport
    inbox = agent_inbox(agent.id.name, (channel.id,))
    if transport.features.fixed_reading:
        with pytest.raises(Refused):
            await transport.read(inbox, take)
        return
    reader = await transport.read(inbox, take)
    await channel.publish("nobody else reads this")
    await channel.publish("nor this", reliable=True)
    await transport.flush()
    await reader.stop()
    assert taken == []
    assert agent.endpoint.counters["channel-not-in"] == 0
