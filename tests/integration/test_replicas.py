"""Processes of a registry are killed while agents register, beat and search: nobody loses anything."""

from __future__ import annotations

import asyncio

import pytest

from overlay.bench.members import SKILL, Member, members
from overlay.bench.replicas import kill_part
from overlay.domain.parts import registries
from overlay.settings import load_settings
from tests.integration.conftest import Federation
from tests.integration.people import LIMIT_S, SETTINGS

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
_AGENTS = 4


@pytest.mark.parametrize("domain", ["b", "d"])  # the domain's own nats-server; RabbitMQ, and another's server
async def test_whichever_process_is_killed_nothing_accepted_is_lost_and_every_question_answered(
    federation: Federation, domain: str
) -> None:
    folder = federation[domain]
    async with members(folder, _AGENTS, SETTINGS) as agents, asyncio.TaskGroup() as group:
        busy = [group.create_task(keep_busy(agent)) for agent in agents]
        for part in registries(load_settings(folder.settings))[:2]:
            await progress(agents)
            async with asyncio.timeout(LIMIT_S):
                await kill_part(folder, part)
        await progress(agents)
        for task in busy:
            task.cancel()
        await asyncio.wait(busy)

        assert not any([await agent.lost() for agent in agents])
        assert [agent.twice for agent in agents] == [0] * _AGENTS
        found = await agents[0].client.find(SKILL)
        assert len({match.party for match in found}) == len(found) >= _AGENTS


async def keep_busy(agent: Member) -> None:
    """One thing after the other; what fails, fails the test."""
    while True:
        await agent.act()
        await asyncio.sleep(0.02)  # within `finds_per_minute`


async def progress(agents: list[Member]) -> None:
    """Returns when each was registered three more times."""
    wanted = [agent.accepted + 3 for agent in agents]
    async with asyncio.timeout(LIMIT_S):
        while any(agent.accepted < number for agent, number in zip(agents, wanted, strict=True)):
            await asyncio.sleep(0.05)
