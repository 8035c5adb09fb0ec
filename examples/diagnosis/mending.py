"""Fault handling with what it needs: resource allocation, and domain-specific configuration."""

from __future__ import annotations

import msgspec

from examples.broadband.ids import part_of
from examples.broadband.plant import Plant
from examples.diagnosis.causes import CAUSES, SCARCE, Action
from examples.diagnosis.lines import Lines
from examples.diagnosis.words import Act, Done, Found
from overlay import Agent
from overlay.errors import Refused
from overlay.tasks.run import TaskRun


def fault_handling(agent: Agent, _: Plant) -> None:
    """Repairs from afar what can be repaired from afar."""

    @agent.executes("diagnosis.handling.repair")
    async def repair(run: TaskRun) -> bytes:
        """It fails where that cannot be done: then an engineer goes. Whether it helped, a test says."""
        found = msgspec.json.decode(run.body, type=Found)
        action = CAUSES[found.cause].action
        if action is Action.NOTHING:
            raise Refused(f"{found.cause} cannot be repaired from afar")
        act = msgspec.json.encode(Act(found.ticket, action))
        if action is Action.GUIDE:
            await _done(run, "diagnosis.assistant.try", act)
            return msgspec.json.encode(Done("guided the customer through the device's settings"))
        if action in SCARCE:
            await _done(run, "diagnosis.allocation.reserve", act)
        await _done(run, "diagnosis.configuration.apply", act)
        return msgspec.json.encode(Done(f"{action}: applied"))

    async def _done(run: TaskRun, skill: str, act: bytes) -> None:
        task = await agent.start_task(skill, act, id=part_of(run.id, skill))
        await task.result()


def resource_allocation(agent: Agent, plant: Plant) -> None:
    """Service orchestration and resource allocation: a port, capacity or a second supply for a repair."""
    lines = Lines(plant)

    @agent.executes("diagnosis.allocation.reserve")
    async def reserve(run: TaskRun) -> None:
        """What the action needs. It fails when nothing is free."""
        act = msgspec.json.decode(run.body, type=Act)
        if not lines.spare(act.ticket, Action(act.action)):
            raise Refused(f"nothing is free to {act.action}")
        with plant.change() as change:
            if change.happened(run.id) is None:
                change.note(run.id, "reserved", act.ticket, act.action)


def domain_configuration(agent: Agent, plant: Plant) -> None:
    """The only agent that changes the network from afar."""
    lines = Lines(plant)

    @agent.executes("diagnosis.configuration.apply")
    async def apply(run: TaskRun) -> None:
        """Make the data, and apply it. It fails when the equipment refuses it."""
        act = msgspec.json.decode(run.body, type=Act)
        taken = lines.act(run.id, act.ticket, Action(act.action))
        await plant.work()
        if not taken:
            raise Refused(f"the equipment refused to {act.action}")
