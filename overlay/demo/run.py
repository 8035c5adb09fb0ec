"""The examples on real brokers: domains that come and go, and agents in them. The composition root."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
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
    """What to show. `brokers`: of two domains, or of three: then the engineers have one of their own."""

    examples: Sequence[Example]
    brokers: Sequence[BrokerKind]
    seed: int


async def run_demo(plan: DemoPlan, tell: Tell) -> Account:
    """Raises OverlayError when a domain or an agent does not come up."""
    settings, tally = load_settings(), Tally()
    domains = list(zip(DOMAINS, plan.brokers, strict=False))
    named = [f"{name} ({kind})" for name, kind in domains]
    tell(f"starting {' and '.join(named)}, each with a broker, CA, registry and gateway of its own …")
    async with AsyncExitStack() as stack:
        folders = await stack.enter_async_context(throwaway(domains))
        tell("they are up, and linked with each other; the agents join …")
        plant = Plant.create(Path(stack.enter_context(TemporaryDirectory())) / "plant", seed=plan.seed)
        houses = dict(zip(DOMAINS, (*folders, folders[-1]), strict=False))
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
    return Account(cases, agents, len(domains), tally.messages, tally.lost, tally.repeated, seconds)


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
    limit_s = scene.settings.demo_case_s
    try:
        async with asyncio.timeout(limit_s):
            body = example.begin(scene.plant, case)
            name = f"{example.name}-{case.id}"
            result = await follow(assistant, example.lead, name, body, task_id, context, hear)
    except TimeoutError:
        why = f"it had not ended after {limit_s:g} s (demo_case_s)"
    except OverlayError as error:
        why = str(error).rpartition(" failed: ")[2]
    ended = example.judge(scene.plant, case, result, why)
    if not await _is_over(example, task_id, scene):
        ended = replace(ended, outcome=f"stopped: {why}", right=False, stopped=True)
    if ended.stopped:
        scene.tell(f"{case.id:<6} {'':<20} {'':<33} did not come to its end: {why}")
    return ended


async def _is_over(example: Example, task_id: str, scene: _Scene) -> bool:
    """Whether the chain of a case ended, one way or the other; what it gave and got is counted."""
    kind = ""
    for chain in scene.cast[MASTER].chains:
        if chain.id == task_id:
            with suppress(TimeoutError):  # it still goes on
                async with asyncio.timeout(scene.settings.demo_drain_s):
                    async for event in chain.events():
                        count_chain(scene.tally, example.chain, event)
                        kind = event.kind
    return kind == "finished"


def brokers_of(kinds: Sequence[BrokerKind]) -> Sequence[BrokerKind]:
    """One holds for both domains."""
    return (*kinds, *kinds) if len(kinds) == 1 else kinds
