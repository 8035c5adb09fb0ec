"""Knowledge Q&A, and perception data collection: what only the customer sees, and what the home tells."""

from __future__ import annotations

import msgspec

from examples.broadband.plant import Plant
from examples.diagnosis.classes import FAULTS, Kind
from examples.diagnosis.lines import Lines
from examples.diagnosis.readings import READINGS
from examples.diagnosis.words import Case, Measured, Recognised, Wanted
from overlay import Agent
from overlay.tasks.run import TaskRun


def knowledge_qa(agent: Agent, _: Plant) -> None:
    """Guides the customer, one question after the other."""

    @agent.executes("diagnosis.knowledge.clarify")
    async def clarify(run: TaskRun) -> bytes:
        """Ask the customer what it is about."""
        case = msgspec.json.decode(run.body, type=Case)
        answer = await agent.ask("diagnosis.assistant.symptom", msgspec.json.encode(case))
        kind = Kind(answer.text)
        told = f"what is it about? Customer: {kind}"
        return msgspec.json.encode(Recognised(kind, kind in FAULTS, told))

    @agent.executes("diagnosis.knowledge.guide")
    async def guide(run: TaskRun) -> bytes:
        """One question for each reading."""
        wanted = msgspec.json.decode(run.body, type=Wanted)
        values: dict[str, float] = {}
        told: list[str] = []
        for name in wanted.names:
            question = msgspec.json.encode(Wanted(wanted.ticket, [name]))
            answer = await agent.ask("diagnosis.assistant.look", question)
            values |= msgspec.json.decode(answer.body, type=Measured).values
            told.append(f"{READINGS[name].question} {'Yes' if values[name] > 0.5 else 'No'}.")
            await run.progress(told[-1])
        return msgspec.json.encode(Measured(values, [], " ".join(told)))


def perception_data_collection(agent: Agent, plant: Plant) -> None:
    """Measures in the customer's rooms, over the router."""
    lines = Lines(plant)

    @agent.executes("diagnosis.perception.measure")
    async def measure(run: TaskRun) -> bytes:
        """What the router lets us measure; nothing, when it is offline."""
        wanted = msgspec.json.decode(run.body, type=Wanted)
        return msgspec.json.encode(lines.measure(wanted.ticket, wanted.names))
