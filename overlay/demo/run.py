"""The examples on real brokers: domains that come and go, and agents in them. The composition root."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from examples.broadband.case import context_of, follow
from examples.broadband.cast import DOMAINS
from examples.broadband.example import Case, Ended, Example
from examples.broadband.ids import part_of
from examples.broadband.master import Line
from examples.broadband.plant import Plant
from overlay.demo.counted import MASTER, count_chain
from overlay.demo.stage import Agents, on_stage
from overlay.demo.story import Account, Tell, drawn, told
from overlay.demo.tally import Tally
from overlay.domain.federation import throwaway
from overlay.errors import OverlayError
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerKind


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to show. `brokers`: of the three domains."""

    examples: Sequence[Example]
    brokers: tuple[BrokerKind, BrokerKind, BrokerKind]
    seed: int


async def run_demo(plan: DemoPlan, tell: Tell) -> Account:
    """Raises OverlayError when a domain or an agent does not come up."""
    settings, tally = load_settings(), Tally()
    named = [f"{name} ({kind})" for name, kind in zip(DOMAINS, plan.brokers, strict=True)]
    tell(f"starting {', '.join(named)}, each with CA, registry and gateway")
    async with AsyncExitStack() as stack:
        folders = await stack.enter_async_context(throwaway(list(zip(DOMAINS, plan.brokers, strict=True))))
        plant = Plant.create(Path(stack.enter_context(TemporaryDirectory())) / "plant", seed=plan.seed)
        houses = dict(zip(DOMAINS, folders, strict=True))
        stages = [
            (example, await stack.enter_async_context(on_stage(example.cast, houses, plant, tally)))
            for example in plan.examples
        ]
        agents = sum(len(cast) for _, cast in stages)
        tell(f"{agents} agents are in, each with its own certificate, found by skill in every domain")
        begin, cases = time.perf_counter(), list[Ended]()
        for example, cast in stages:
            tell("")
            tell(drawn(example.chain))
            cases += await _play(example, _Scene(cast, plant, tally, settings, tell))
        seconds = time.perf_counter() - begin
    return Account(cases, agents, len(DOMAINS), tally.messages, tally.lost, tally.repeated, seconds)


@dataclass(frozen=True, slots=True)
class _Scene:
    cast: Agents
    plant: Plant
    tally: Tally
    settings: Settings
    tell: Tell


async def _play(example: Example, scene: _Scene) -> list[Ended]:
    """Every case, a few at a time, in the order given."""
    places = asyncio.Semaphore(scene.settings.demo_cases_at_once)

    async def one(case: Case) -> Ended:
        async with places:
            return await _case(example, case, scene)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(case)) for case in example.cases]
    return [task.result() for task in tasks]


async def _case(example: Example, case: Case, scene: _Scene) -> Ended:
    """By way of the personal assistant; one that fails is reported as such."""

    def hear(line: Line) -> None:
        scene.tally.received("line of a case")
        scene.tell(told(case, line))

    scene.tell(f"{case.id:<6} {'customer':<20} {'':<33} {case.text}")
    assistant, task_id = scene.cast["personal-assistant"], part_of(example.name, case.id)
    context = context_of("Kim Doe", "+15550100199")
    result, why = None, ""
    try:
        async with asyncio.timeout(scene.settings.demo_case_s):
            body = example.begin(scene.plant, case)
            name = f"{example.name}-{case.id}"
            result = await follow(assistant, example.lead, name, body, task_id, context, hear)
    except OverlayError as error:
        why = str(error).rpartition(" failed: ")[2]
    for chain in scene.cast[MASTER].chains:
        if chain.id == task_id:  # there is none where the case did not get as far
            async for event in chain.events():
                count_chain(scene.tally, example.chain, event)
    return example.judge(scene.plant, case, result, why)


def three_brokers(kinds: Sequence[BrokerKind]) -> tuple[BrokerKind, BrokerKind, BrokerKind]:
    """The last one said holds for the rest."""
    first, second, third = (*kinds, kinds[-1], kinds[-1])[:3]
    return first, second, third
