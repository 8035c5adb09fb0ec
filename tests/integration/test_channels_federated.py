"""Channels with members in four domains: each reads what the others publish, once and in order (GW-9)."""

from __future__ import annotations

import asyncio

import pytest

from overlay.agent.agent import Agent
from overlay.brokers.pid_file import PidFile
from overlay.channels.client import ChannelsClient
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.residents import resident
from overlay.domain.status import domain_status
from overlay.errors import NotPermitted
from tests.integration.conftest import Federation
from tests.integration.gathering import Member, come, gathered
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, fresh, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


async def test_each_gets_what_each_publishes_once_and_in_order_away_or_not(federation: Federation) -> None:
    # GW-9
    async with gathered(federation, "abcd") as members:
        for word, reliable in (("rt", False), ("rel", True)):
            await asyncio.gather(*(member.says(word, reliable=reliable) for member in members))
            for member in members:
                await member.has(word, members)

        # who is away, in b and in d, gets what is stored, when it comes back
        owner, _, of_b, of_c, of_d = members
        for member in (of_b, of_d):
            await member.life.aclose()
        for member in (owner, of_c):
            await member.says("away", reliable=True)
        for member in (of_b, of_d):
            back = await come(member.home, owner.channel.id)
            async with back.life:
                await back.has("away", (owner, of_c))
        await owner.channel.release()


@pytest.mark.parametrize("where", ["b", "c"])
async def test_a_foreign_member_that_is_put_out_reads_no_more_and_who_is_none_does_not_come_in(
    federation: Federation, where: str
) -> None:  # GW-9
    far, stranger = federation[where], await resident(federation[where], fresh("stranger"), ())
    async with gathered(federation, f"a{where}") as (owner, ours, theirs):
        channel = owner.channel
        async with Agent(stranger, settings=SETTINGS, access=FRIENDS) as agent:
            with pytest.raises(NotPermitted, match="by invitation"):
                await agent.join_channel(channel.id, owner=owner.agent.id)
            assert agent.channels == []

        await channel.remove(theirs.agent.id)
        await until(lambda: _is_out(theirs))
        assert theirs.agent.channels == []
        await until(lambda: _is_forgotten(far, theirs))

        async def nothing_comes() -> bool:
            """What a domain asked for that it may not have any more: the home's gateway stops it."""
            before = await _came_in(far)
            await owner.says("without", (0,), reliable=False)
            await owner.says("stored", (0,), reliable=True)
            await until(lambda: _has(ours, owner))
            return before == await _came_in(far)

        await until(nothing_comes)
        assert theirs.got("stored", owner) == []
        await channel.release()


async def test_a_gateway_killed_under_reliable_publications_loses_and_repeats_nothing(
    federation: Federation,
) -> None:  # GW-9, GW-24
    async with gathered(federation, "bc") as members:
        owner, of_b, _ = members
        numbers = range(60)
        saying = [asyncio.create_task(member.says("kill", numbers, reliable=True)) for member in members]
        async with asyncio.timeout(LIMIT_S):
            while not of_b.got("kill", owner):
                await of_b.heard.until(len(of_b.heard.messages) + 1)
        process = PidFile(federation["b"].run / "gateway.pid").find()
        assert process is not None
        process.kill()
        await asyncio.gather(*saying)
        for member in members:
            await member.has("kill", members, numbers)
        await owner.channel.release()


async def _is_out(member: Member) -> bool:
    return not member.channel.open


async def _is_forgotten(folder: DomainFolder, member: Member) -> bool:
    """Whether it is in no channel, by its own registry's word."""
    async with operator(folder) as hand:
        return not await ChannelsClient(hand.registry).all(str(member.agent.id))


async def _came_in(folder: DomainFolder) -> int:
    """How many publications of other domains its gateway was brought."""
    counters = (await domain_status(folder)).counters
    return sum(number for name, number in counters.items() if name.startswith("cast-in-"))


async def _has(member: Member, sender: Member) -> bool:
    return bool(member.got("stored", sender))
