"""Processes of a registry are killed while agents register, beat and search: nobody loses anything."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from overlay.bench.members import SKILL, Member, members
from overlay.bench.replicas import kill_part
from overlay.domain.parts import registries
from overlay.settings import load_settings
from tests.integration.conftest import Federation
from tests.integration.people import LIMIT_S, SETTINGS
from tests.live_domain import overlay

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


async def test_the_audit_log_of_each_process_is_shown_and_proved(federation: Federation) -> None:  # CA-8
    folder = federation["b"]
    home = ("--home", str(folder.path))
    processes = set(registries(load_settings(folder.settings)))
    async with members(folder, 1, SETTINGS) as (agent,):
        async with asyncio.timeout(LIMIT_S):
            while {log["log"] for log in await proved("--log", "registry", *home)} != processes:
                for _ in range(20):
                    await agent.act()

    before = await proved(*home)
    heads = [word for log in before for word in ("--head", log["head"])]
    assert [log["entries"] > 0 for log in before] == [True] * (1 + len(processes))
    assert {log["log"] for log in await proved(*heads, *home)} == {"ca", *processes}
    later = await overlay("ca", "audit", "--log", "registry-2", "--after", "1", "--json", *home)
    numbers = [json.loads(line)["number"] for line in later.out.splitlines()]
    assert numbers == list(range(2, len(numbers) + 2))
    lost = await overlay("ca", "audit", "--head", "registry-9:1:00", *home)
    assert (lost.code, "registry-9: this log is gone" in lost.out) == (1, True)


async def proved(*words: str) -> list[dict[str, Any]]:
    """What `overlay ca audit` says of each log."""
    end = await overlay("ca", "audit", "--verify", "--json", *words)
    assert end.code == 0, end.err
    logs: list[dict[str, Any]] = json.loads(end.out)["logs"]
    return logs


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
