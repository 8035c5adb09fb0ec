"""Service validation, a closed loop with the configuration agents; and end-to-end testing."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from examples.broadband.ids import part_of
from examples.broadband.plant import Plant
from examples.installation.inventory import Inventory
from examples.installation.planning import data_of
from examples.installation.words import DOMAINS, Case, Plan, Planned, Tested, Validated
from overlay import Agent
from overlay.errors import Refused
from overlay.tasks.run import TaskRun

_CHECKS = 3


def service_validation(agent: Agent, _: Plant) -> None:
    """Asks what elements hold, has set right what is wrong, and asks again."""

    @agent.executes("installation.validation.validate")
    async def validate(run: TaskRun) -> bytes:
        """It fails when something is wrong still after some rounds."""
        plan = msgspec.json.decode(run.body, type=Planned).plan
        corrected: list[str] = []
        for check in range(1, _CHECKS + 1):
            wrong = await _wrong(plan)
            if not wrong:
                found = f" after {', '.join(corrected)} was configured again" if corrected else ""
                told = f"all elements hold what was planned{found}"
                return msgspec.json.encode(Validated(check, corrected, told))
            for domain, element in wrong:
                await run.progress(f"{element} does not hold what was planned")
                await _correct(run, domain, plan, element, check)
                corrected.append(element)
        raise Refused(f"still not as planned: {', '.join(corrected[-3:])}")

    async def _wrong(plan: Plan) -> list[tuple[str, str]]:
        """Which elements of which domains, by what their configuration agents say of them."""
        question = msgspec.json.encode(Planned(plan))
        asked = (agent.ask(f"installation.configuration.{domain}.status", question) for domain in DOMAINS)
        answers = await asyncio.gather(*asked)
        held: list[dict[str, Any]] = [msgspec.json.decode(answer.body) for answer in answers]
        return [
            (domain, element)
            for domain, status in zip(DOMAINS, held, strict=True)
            for element, data in data_of(domain, plan).items()
            if status.get(element) != data
        ]

    async def _correct(run: TaskRun, domain: str, plan: Plan, element: str, check: int) -> None:
        order = msgspec.json.encode(Planned(plan, element))
        task_id = part_of(run.id, f"{element} {check}")
        task = await agent.start_task(f"installation.configuration.{domain}.apply", order, id=task_id)
        await task.result()


def end_to_end_testing(agent: Agent, plant: Plant) -> None:
    """From the home to the far end."""
    inventory = Inventory(plant)

    @agent.executes("installation.testing.end-to-end")
    async def test(run: TaskRun) -> bytes:
        """It fails when the service does not work."""
        order = msgspec.json.decode(run.body, type=Case).order
        if not inventory.works(order):
            raise Refused("the far end cannot be reached from the home")
        share = round(0.9 + 0.1 * plant.draw(order, "speed"), 2)
        told = f"passed: {share:.0%} of the speed ordered"
        return msgspec.json.encode(Tested(works=True, share=share, told=told))
