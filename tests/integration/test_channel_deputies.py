"""A deputy lets an agent of another domain in to a channel with history while its owner is away."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.domain.residents import resident
from overlay.errors import NotFound
from tests.integration.conftest import Federation
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, fresh, until

_SETTINGS = SETTINGS.model_copy(update={"channel_deputy_wait_s": 1.0})


@pytest.mark.parametrize(("home", "other"), [("a", "c"), ("c", "b")])
async def test_a_deputy_lets_in_who_reads_the_past_and_is_put_out_while_the_owner_is_away(
    federation: Federation, home: str, other: str
) -> None:  # GW-9, GW-24
    ours = await resident(federation[home], fresh("owner"), ())
    homes = [
        await resident(federation[where], fresh(name), ())
        for where, name in ((home, "deputy"), (other, "guest"))
    ]
    async with AsyncExitStack() as stack:
        deputy, guest = [
            await stack.enter_async_context(Agent(one, settings=_SETTINGS, access=FRIENDS)) for one in homes
        ]
        async with Agent(ours, settings=_SETTINGS, access=FRIENDS) as owner:
            made = await owner.create_channel(fresh("case"), history="all", deputies=[deputy.id])
            await made.publish("before anybody came")
            channel = await deputy.join_channel(made.id)
            await until(lambda: _is(channel.deputies == (deputy.id,)))
        await channel.publish("the owner is away")
        await channel.invite(guest.id)
        joined: list[Channel] = []

        async def comes() -> bool:
            try:
                joined.append(await guest.join_channel(channel.id))
            except NotFound:  # the invitation is on its way
                return False
            return True

        await until(comes)
        theirs = joined[0]

        async def reads_the_past() -> bool:
            past = [one.message.text for one in await theirs.past()]
            return past == ["before anybody came", "the owner is away"]

        await until(reads_the_past)
        await until(lambda: _is_there(theirs, deputy))
        await channel.remove(guest.id)
        async with asyncio.timeout(LIMIT_S):
            async for _ in theirs:
                pass
        assert guest.channels == []
        async with Agent(ours, settings=_SETTINGS, access=FRIENDS) as owner:
            back = await owner.join_channel(channel.id)
            version = channel.membership.roster.version
            await until(lambda: _is(back.membership.roster.version == version))
            await back.release()


async def _is(word: bool) -> bool:
    return word


async def _is_there(channel: Channel, agent: Agent) -> bool:
    return agent.id in await channel.present()
