"""A case, as the personal assistant follows it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from examples.broadband.master import Line
from overlay import Agent
from overlay.context.context import Context
from overlay.context.part import CONTACT, PREFERENCES, Part
from overlay.tasks.event import EventKind

Hear = Callable[[Line], None]


def context_of(customer: str, phone: str) -> Context:
    """What belongs to a case. Nobody but who calls the customer is given name and number (AG-6)."""
    contact = {"name": customer, "phone": phone}
    return Context(
        (
            Part("customer", CONTACT, contact, sensitive=("/name",), masked=("/phone",)),
            Part("habits", PREFERENCES, {"at home": "in the morning"}),
        )
    )


async def follow(agent: Agent, skill: str, case: bytes, task_id: str, context: Context, hear: Hear) -> bytes:
    """Give the case to master control, hear what happens, return how it ended. The same `task_id` again is
    the same case. Raises TaskFailed.
    """
    task = await agent.start_task(skill, case, id=task_id, context=context)
    async for event in task.events():
        if event.kind is EventKind.PROGRESS:
            hear(msgspec.json.decode(event.body, type=Line))
    return (await task.result()).body
