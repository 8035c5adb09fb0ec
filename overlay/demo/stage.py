"""All agents of an example in one process, in domains that are up and linked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from examples.broadband.cast import Role
from examples.broadband.plant import Plant
from overlay.agent.agent import Agent
from overlay.demo.counted import CountedAgent
from overlay.demo.tally import Tally
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.errors import TimedOut
from overlay.registry.search.protocol import Find
from overlay.settings import load_settings

_LOOK_AGAIN_S = 0.2

Agents = Mapping[str, Agent]
Houses = Mapping[str, DomainFolder]
"""Where the domains of the examples are: by the names that the roles have for them."""


def access_of(houses: Houses) -> tuple[str, ...]:
    """The agents of these domains work for each other."""
    return tuple(sorted({load_config(folder.config).domain for folder in houses.values()}))


async def enrol(cast: Sequence[Role], houses: Houses) -> dict[str, Path]:
    """Each role's agent becomes a member of its domain; returns their homes."""
    homes: dict[str, Path] = {}

    async def enrol_in(domain: str) -> None:
        for role in cast:
            if role.domain == domain:
                homes[role.name] = await resident(houses[domain], role.agent_name, (role.skill,))

    async with asyncio.TaskGroup() as group:
        for domain in {role.domain for role in cast}:
            group.create_task(enrol_in(domain))
    return homes


@asynccontextmanager
async def entered(agents: Iterable[Agent]) -> AsyncIterator[None]:
    """All enter at once, and leave at once: one that waits for another's answer holds nobody up."""
    waiting = list(agents)
    leave = asyncio.Event()
    arrived = asyncio.Barrier(len(waiting) + 1)

    async def stay(agent: Agent) -> None:
        async with agent:
            await arrived.wait()
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        for agent in waiting:
            group.create_task(stay(agent))
        await arrived.wait()
        try:
            yield
        finally:
            leave.set()


async def until_known(seekers: Iterable[Agent], cast: Sequence[Role], limit_s: float) -> None:
    """Registries tell each other of their agents: soon, not at once. Raises TimedOut."""
    everybody = {role.agent_name for role in cast}
    root = cast[0].skill.partition(".")[0]
    for seeker in seekers:
        missing = everybody
        try:
            async with asyncio.timeout(limit_s):
                while missing := everybody - await _seen(seeker, root, len(cast)):
                    await asyncio.sleep(_LOOK_AGAIN_S)
        except TimeoutError as error:
            who = ", ".join(sorted(missing))
            raise TimedOut(f"{seeker.id} did not hear of {who} within {limit_s:g} s") from error


async def _seen(seeker: Agent, skill: str, most: int) -> set[str]:
    matches = (await seeker.discover(Find((skill,), limit=most))).matches
    return {match.party.partition("@")[0] for match in matches}


@asynccontextmanager
async def on_stage(cast: Sequence[Role], houses: Houses, plant: Plant, tally: Tally) -> AsyncIterator[Agents]:
    """The agents of a cast by the names of their roles, entered, and known to each other."""
    homes, access = await enrol(cast, houses), access_of(houses)
    agents: dict[str, Agent] = {}
    for role in cast:
        settings = load_settings(houses[role.domain].settings)
        changes = {"drain_timeout_s": settings.demo_drain_s, "ask_timeout_s": settings.demo_ask_s}
        settings = settings.model_copy(update=changes)
        agents[role.name] = CountedAgent(homes[role.name], tally, access, settings)
        role.teach(agents[role.name], plant)
    async with entered(agents.values()):
        first = {role.domain: agents[role.name] for role in cast}
        await until_known(first.values(), cast, settings.demo_find_s)
        yield agents
