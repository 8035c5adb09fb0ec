"""Both broadband use cases over NATS and RabbitMQ, with a process killed on the way. # AG-11"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count

import pytest
import pytest_asyncio

from examples.broadband.case import context_of, follow
from examples.broadband.cast import FIELD, NETWORK, RETAIL, Role
from examples.broadband.example import Case, Ended, Example
from examples.broadband.ids import part_of
from examples.broadband.master import Line
from examples.broadband.plant import Plant
from examples.diagnosis.complaints import DIAGNOSIS
from examples.diagnosis.lines import Lines
from examples.installation.inventory import NO_FIBRE_IN_HOUSE, SLIPS
from examples.installation.orders import INSTALLATION
from overlay.agent.agent import Agent
from overlay.demo.counted import MASTER
from overlay.demo.stage import Houses, access_of, enrol, entered, until_known
from tests.integration.conftest import Federation
from tests.integration.people import LIMIT_S, SETTINGS, until

pytestmark = pytest.mark.timeout(900)  # whichever comes first starts the domains
_ENVIRONMENT = {
    "OVERLAY_ASK_TIMEOUT_S": str(LIMIT_S),
    "OVERLAY_CONNECT_TIMEOUT_S": str(LIMIT_S),
    "OVERLAY_ACK_WAIT_S": str(SETTINGS.ack_wait_s),
}
_ONCE = ("allocated", "booked", "mounted", "visited", "watched", "followed up", "reserved", "configured")


@dataclass
class Program:
    """An agent in a process of its own, which can be killed."""

    role: Role
    command: tuple[str, ...]
    process: Process | None = None

    async def start(self) -> None:
        """Returns when it serves."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdout=PIPE, env=os.environ | _ENVIRONMENT
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            assert b"serves" in await self.process.stdout.readline()

    async def kill(self) -> None:
        """At whatever it is doing."""
        assert self.process is not None
        self.process.kill()
        await self.process.communicate()


@dataclass
class Play:
    """An example on a stage, of which two agents are processes of their own."""

    example: Example
    plant: Plant
    assistant: Agent
    programs: Mapping[str, Program]
    victim: str
    cases: Sequence[Case]
    begun: tuple[str, str]
    """The effect after which somebody is killed, and what it says, if that matters."""

    async def with_a_kill(self, who: str, case: Case) -> tuple[Ended, list[Line]]:
        """Work through a case, in which `who` is killed and comes back."""
        lines: list[Line] = []
        body, task_id = self.example.begin(self.plant, case), part_of(self.example.name, case.id)
        async with asyncio.TaskGroup() as group:
            context, name = context_of("Kim Doe", "+15550100199"), f"{self.example.name}-{case.id}"
            case_task = group.create_task(
                follow(self.assistant, self.example.lead, name, body, task_id, context, lines.append)
            )
            await until(lambda: self._begun(case))
            await self.programs[who].kill()
            await self.programs[who].start()
            async with asyncio.timeout(2 * LIMIT_S):
                result = await case_task
        return self.example.judge(self.plant, case, result, ""), lines

    async def _begun(self, case: Case) -> bool:
        what, detail = self.begun
        return any(detail in effect.detail for effect in self.plant.effects(what, case.id))

    def effects(self, case: Case) -> Counter[tuple[str, str]]:
        """How often what was done."""
        done = [effect for what in _ONCE for effect in self.plant.effects(what, case.id)]
        return Counter((effect.what, effect.detail) for effect in done)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installing(federation: Federation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    """Retail on NATS, the network on RabbitMQ, the field on NATS."""
    plant = Plant.create(tmp_path_factory.mktemp("installing") / "plant", pace_s=0.5)
    plain = (Case(f"k-{number}", "Oak Street, 250 Mbit/s") for number in count(1))
    smooth = (case for case in plain if _nothing_slips(plant, case))
    houses = {RETAIL: federation["a"], NETWORK: federation["c"], FIELD: federation["b"]}
    victim, begun = "configuration-management", ("configured", "accounts")
    async with _on_stage(INSTALLATION, houses, plant, victim, [next(smooth), next(smooth)], begun) as play:
        yield play


def _nothing_slips(plant: Plant, case: Case) -> bool:
    """No element has to be configured again, and fibre comes into the house."""
    elements = ("olt-1", "agg-1", "bng-1", "home-router", "accounts", "monitoring")
    slips = (plant.draw(case.id, "slips", element) < SLIPS for element in elements)
    return not any(slips) and plant.draw(case.id, "fibre") >= NO_FIBRE_IN_HOUSE


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def diagnosing(federation: Federation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Play]:
    """Retail on RabbitMQ, the network on NATS, the field on RabbitMQ."""
    plant = Plant.create(tmp_path_factory.mktemp("diagnosing") / "plant", pace_s=0.5)
    houses = {RETAIL: federation["c"], NETWORK: federation["a"], FIELD: federation["d"]}
    cut = (case for case in _complaints(plant) if Lines(plant).truth(case.id) == "cable cut")
    async with _on_stage(
        DIAGNOSIS, houses, plant, "scheduling", [next(cut), next(cut)], ("booked", "")
    ) as play:
        yield play


def _complaints(plant: Plant) -> Iterator[Case]:
    for number in count(1):
        case = Case(f"k-{number}", "No internet since this morning")
        DIAGNOSIS.begin(plant, case)
        yield case


@asynccontextmanager
async def _on_stage(
    example: Example, houses: Houses, plant: Plant, victim: str, cases: Sequence[Case], begun: tuple[str, str]
) -> AsyncIterator[Play]:
    homes, access = await enrol(example.cast, houses), access_of(houses)
    agents: dict[str, Agent] = {}
    programs: dict[str, Program] = {}
    for role in example.cast:
        home = homes[role.name]
        if role.name in (MASTER, victim):
            module = f"examples.{example.name}"
            command = (sys.executable, "-m", module, role.name, str(home), str(plant.file), *access)
            programs[role.name] = Program(role, command)
        else:
            agents[role.name] = role.agent(home, plant, access, SETTINGS)
    async with AsyncExitStack() as stack:
        for program in programs.values():
            await program.start()
            stack.push_async_callback(program.kill)
        await stack.enter_async_context(entered(agents.values()))
        seekers = {role.domain: agents[role.name] for role in example.cast if role.name in agents}
        await until_known(seekers.values(), example.cast, LIMIT_S)
        assistant = agents["personal-assistant"]
        yield Play(example, plant, assistant, programs, victim, cases, begun)


async def _nothing_twice(play: Play, who: str, case: Case) -> Ended:
    ended, lines = await play.with_a_kill(who, case)
    effects = play.effects(case)
    assert set(effects.values()) == {1}, effects
    assert ended.works
    assert lines[-1].step == "follow-up"
    return ended


async def test_an_installation_goes_on_when_a_configuration_agent_is_killed(installing: Play) -> None:
    ended = await _nothing_twice(installing, installing.victim, installing.cases[0])
    assert (ended.outcome, ended.right) == ("in service", True)


async def test_an_installation_goes_on_when_master_control_is_killed(installing: Play) -> None:
    ended = await _nothing_twice(installing, MASTER, installing.cases[1])
    assert (ended.outcome, ended.right) == ("in service", True)


async def test_a_diagnosis_goes_on_when_scheduling_is_killed_while_the_engineer_is_out(
    diagnosing: Play,
) -> None:
    ended = await _nothing_twice(diagnosing, diagnosing.victim, diagnosing.cases[0])
    assert ended.outcome.startswith("repaired by")


async def test_a_diagnosis_goes_on_when_master_control_is_killed_while_the_engineer_is_out(
    diagnosing: Play,
) -> None:
    ended = await _nothing_twice(diagnosing, MASTER, diagnosing.cases[1])
    assert ended.outcome.startswith("repaired by")
