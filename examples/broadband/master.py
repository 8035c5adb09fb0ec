"""Master control: runs the chain of a case, and tells in the case's session what happens."""

from __future__ import annotations

import msgspec

from examples.broadband.cast import Teach
from examples.broadband.plant import Plant
from overlay import Agent
from overlay.chains.chain import Chain
from overlay.chains.run import ChainEvent
from overlay.tasks.run import TaskRun


class Line(msgspec.Struct, frozen=True):
    """One step of a case, told."""

    step: str
    agent: str
    told: str


def master_control(skill: str, chain: Chain) -> Teach:
    """The agent that leads cases through `chain`."""

    def teach(agent: Agent, _: Plant) -> None:
        @agent.executes(skill)
        async def lead(run: TaskRun) -> bytes:
            """The case is the chain's input, and its task's ID the chain's: begun again after a crash, it
            finds the chain that goes on, and tells from where it stopped.
            """
            session = await agent.join_session(run.session)
            case = await agent.run_chain(chain, run.body, context=run.context, id=run.id)
            async for event in case.events(after=int(run.saved or b"0")):
                line = _told(event)
                if line is not None:  # said twice under the same ID, it is there once
                    await session.say(msgspec.json.encode(line), id=f"{run.id} {event.number}")
                    await run.save(str(event.number))
            return (await case.result()).body

    return teach


def _told(event: ChainEvent) -> Line | None:
    if event.kind != "ended" or not event.outcome:
        return None
    told = event.error or _text(event.output)
    return Line(f"{event.step} (undone)" if event.undo else event.step, event.agent, told)


def _text(output: bytes) -> str:
    given = msgspec.json.decode(output) if output else None
    return str(given.get("told", "")) if isinstance(given, dict) else ""
