"""The demo on real brokers: two domains that come and go, thirteen agents in them. The composition root."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from overlay.agent.agent import Agent
from overlay.agent.handlers import Handle as AgentHandle
from overlay.demo.cast import DOMAINS, ROLES, set_stage
from overlay.demo.letters import Complaint
from overlay.demo.play import play
from overlay.demo.story import Account, Story, Tell
from overlay.demo.wire import Handle
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.errors import NotFound, TimedOut
from overlay.registry.search.protocol import Find
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_LOOK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to show. `brokers`: of the two domains."""

    complaints: Sequence[Complaint]
    brokers: tuple[BrokerKind, BrokerKind]
    seed: int


class AgentWire:
    """An overlay agent as the demo's `Wire`."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def serves(self, skill: str, handle: Handle) -> None:
        """Before the agent is entered."""
        self.agent.serves(skill)(_of_message(handle))

    def subscribes(self, topic: str, handle: Handle) -> None:
        """Before the agent is entered."""
        self.agent.subscribes(topic)(_of_message(handle))

    async def find(self, skill: str) -> str:
        """By the registry."""
        found = (await self.agent.discover(Find((skill,), limit=1))).matches
        if not found:
            raise NotFound(f"nobody who is online offers {skill!r}")
        return found[0].party

    async def ask(self, to: str, skill: str, body: bytes, *, timeout_s: float, reliable: bool) -> bytes:
        """One request and its reply."""
        answer = await self.agent.ask(to, body, skill=skill, timeout_s=timeout_s, reliable=reliable)
        return answer.body

    async def send(self, to: str, skill: str, body: bytes, *, timeout_s: float) -> None:
        """Of class reliable."""
        sent = await self.agent.send(to, body, skill=skill, reliable=True, deadline_s=timeout_s)
        await sent.receipt()

    async def publish(self, topic: str, body: bytes) -> int:
        """Of class reliable."""
        return await self.agent.publish(topic, body, reliable=True)


async def run_demo(plan: DemoPlan, tell: Tell) -> Account:
    """Raises OverlayError when a domain or an agent does not come up."""
    settings, story = load_settings(), Story(tell)
    tell(f"starting {' and '.join(DOMAINS)} on {' and '.join(plan.brokers)}, with CA, registry, gateway")
    async with throwaway(list(zip(DOMAINS, plan.brokers, strict=True))) as folders:
        domains = dict(zip(DOMAINS, folders, strict=True))
        wires = await _enrol(domains)
        stage = set_stage(wires.__getitem__, plan.seed, story, settings)
        async with _all_in([wire.agent for wire in wires.values()]):
            await _until_known(wires, settings.demo_find_s)
            tell(
                f"{len(wires)} agents are in, each with its own certificate, found by skill in either domain"
            )
            try:
                return await play(plan.complaints, stage, settings)
            finally:
                story.end()


async def _enrol(domains: dict[str, DomainFolder]) -> dict[str, AgentWire]:
    """Both organisations at once, in each one agent after the other."""
    wires: dict[str, AgentWire] = {}

    async def enrol(domain: str, folder: DomainFolder) -> None:
        settings = load_settings(folder.settings)
        settings = settings.model_copy(update={"drain_timeout_s": settings.demo_drain_s})
        for role in ROLES:
            if role.domain == domain:
                home = await resident(folder, role.name, (role.skill,))
                wires[role.name] = AgentWire(Agent(home, settings=settings, access=DOMAINS))

    async with asyncio.TaskGroup() as group:
        for domain, folder in domains.items():
            group.create_task(enrol(domain, folder))
    return wires


@asynccontextmanager
async def _all_in(agents: Sequence[Agent]) -> AsyncIterator[None]:
    """All enter at once, and leave at once: one that waits for another's answer holds nobody up."""
    leave = asyncio.Event()
    arrived = asyncio.Barrier(len(agents) + 1)

    async def stay(agent: Agent) -> None:
        async with agent:
            await arrived.wait()
            await leave.wait()

    async with asyncio.TaskGroup() as group:
        for agent in agents:
            group.create_task(stay(agent))
        await arrived.wait()
        try:
            yield
        finally:
            leave.set()


async def _until_known(wires: dict[str, AgentWire], limit_s: float) -> None:
    """Registries tell each other of their agents through the gateways: soon, not at once."""
    seekers = {role.domain: wires[role.name] for role in ROLES}
    missing = ""
    try:
        async with asyncio.timeout(limit_s):
            for domain, seeker in seekers.items():
                for role in ROLES:
                    missing = f"{role.name}@{role.domain} in {domain}"
                    while not (await seeker.agent.discover(Find((role.skill,), limit=1))).matches:
                        await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError as error:
        raise TimedOut(f"the registry did not learn of {missing} within {limit_s:g} s") from error


def _of_message(handle: Handle) -> AgentHandle:
    async def with_message(message: Message) -> bytes:
        return await handle(message.body)

    return with_message
