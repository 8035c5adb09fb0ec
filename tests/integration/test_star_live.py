"""A star around its leader, over three domains on unlike brokers."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from overlay import Agent, PartyId, Star, StarMember
from overlay.domain.residents import resident
from overlay.errors import NotPermitted, Refused
from tests.integration.conftest import Federation
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, fresh


class Voice:
    """A member, and what it heard."""

    def __init__(self, agent: Agent, group: str, leader: str) -> None:
        self.agent = agent
        self.heard: Counter[tuple[str, bytes]] = Counter()
        self.came = asyncio.Event()
        self.member = StarMember(agent, group, leader, self._hear)

    async def _hear(self, by: PartyId, body: bytes) -> None:
        self.heard[by.name, body] += 1
        self.came.set()

    async def hears(self, what: set[tuple[str, bytes]]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while set(self.heard) < what:
                self.came.clear()
                await self.came.wait()


async def test_what_one_member_says_all_others_hear_once(federation: Federation) -> None:  # GW-11
    group, leader = fresh("team"), fresh("leader")
    async with AsyncExitStack() as stack:
        home = await resident(federation["a"], leader, ())
        heading = Agent(home, settings=SETTINGS)
        star = Star(heading, group, allow=FRIENDS)
        await stack.enter_async_context(heading)
        voices = []
        for domain in ("a", "c", "d"):
            name = f"voice-{domain}"
            agent = Agent(await resident(federation[domain], fresh(name), ()), settings=SETTINGS)
            voice = Voice(agent, group, f"{leader}@a.example")
            await stack.enter_async_context(agent)
            await voice.member.join()
            voices.append(voice)
        assert len(star.members) == 3
        for voice in voices:
            await voice.member.say(f"of {voice.agent.id.name}", reliable=True)
        await star.say("of the leader", reliable=True)
        said = {(voice.agent.id.name, f"of {voice.agent.id.name}".encode()) for voice in voices}
        said.add((leader, b"of the leader"))
        for voice in voices:
            others = {one for one in said if one[0] != voice.agent.id.name}
            await voice.hears(others)
            assert voice.heard == Counter(dict.fromkeys(others, 1))
        await voices[0].member.leave()
        with pytest.raises((Refused, NotPermitted)):
            await voices[0].member.say("still here?", reliable=True)
