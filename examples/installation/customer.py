"""The personal assistant, who speaks for the customer, and intent recognition."""

from __future__ import annotations

import msgspec

from examples.broadband.ids import part_of
from examples.broadband.plant import Plant
from examples.installation.wishes import intent_of
from examples.installation.words import Booked, Closing, Order, Report, Work
from overlay import Agent
from overlay.tasks.run import TaskRun

_GOOD = 0.93


def personal_assistant(agent: Agent, plant: Plant) -> None:
    """Arranges what comes after."""

    @agent.executes("installation.assistant.follow-up")
    async def follow_up(run: TaskRun) -> bytes:
        """An engineer looks again where the quality was poor; else the customer is called for a review."""
        done = msgspec.json.decode(run.body, type=Closing)
        follow_up = "review call after a week"
        if done.watched.worst < _GOOD:
            work = msgspec.json.encode(Work(done.order, done.intent.street, "review"))
            task_id = part_of(run.id, "review")
            task = await agent.start_task("installation.scheduling.review", work, id=task_id)
            booked = msgspec.json.decode((await task.result()).body, type=Booked)
            follow_up = f"{booked.engineer} looks at the line again"
        with plant.change() as change:
            if change.happened(run.id) is None:
                change.note(run.id, "followed up", done.order, follow_up)
        seen = done.visit.engineer, done.validated.corrected, done.tested.share
        return msgspec.json.encode(Report("in service", *seen, follow_up, told=f"follow-up: {follow_up}"))


def intent_recognition(agent: Agent, _: Plant) -> None:
    """From the customer's words to a structured intent."""

    @agent.executes("installation.intent.recognise")
    async def recognise(run: TaskRun) -> bytes:
        """Speed, place, extras. It fails where there is no fibre."""
        intent = intent_of(msgspec.json.decode(run.body, type=Order).wish)
        return msgspec.json.encode(intent)
