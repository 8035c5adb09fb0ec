"""A case, as the personal assistant has it led, and follows it in its session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from examples.broadband.master import Line
from overlay import Agent
from overlay.context.context import Context
from overlay.context.part import CONTACT, PREFERENCES, Part
from overlay.sessions.session import Session

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


async def follow(
    agent: Agent, skill: str, name: str, case: bytes, task_id: str, context: Context, hear: Hear
) -> bytes:
    """Open a session for the case, give it to master control, hear what happens, return how it ended. Raises
    TaskFailed.
    """
    master = (await agent.choose(skill)).candidates[0].party
    session = await agent.open_session(name, invite=[master])
    hearing = asyncio.create_task(_hear(session, hear))
    try:
        task = await agent.start_task(
            master, case, skill=skill, id=task_id, context=context, session=str(session.id)
        )
        return (await task.result()).body
    finally:
        try:
            await session.end("the case is closed")
            await hearing
        finally:
            hearing.cancel()


async def _hear(session: Session, hear: Hear) -> None:
    async for event in session.events():
        if event.kind == "said":
            hear(msgspec.json.decode(event.body, type=Line))
