"""The personal assistant, who speaks for the customer, and intent recognition."""

from __future__ import annotations

import msgspec

from examples.broadband.plant import Plant
from examples.diagnosis.causes import Action
from examples.diagnosis.classes import FAULTS, Kind, classify
from examples.diagnosis.lines import Lines
from examples.diagnosis.words import Act, Case, Closing, Complaint, Done, Recognised, Report, Wanted
from overlay import Agent, Message
from overlay.errors import BadInput
from overlay.tasks.run import TaskRun


def assistant(agent: Agent, plant: Plant) -> None:
    """The customer's answers are simulated."""
    lines = Lines(plant)

    @agent.serves("diagnosis.assistant.symptom")
    async def symptom(message: Message) -> str:
        """What is wrong, in the customer's own words."""
        return lines.symptom(msgspec.json.decode(message.body, type=Case).ticket)

    @agent.serves("diagnosis.assistant.look")
    async def look(message: Message) -> bytes:
        """The customer looks."""
        wanted = msgspec.json.decode(message.body, type=Wanted)
        return msgspec.json.encode(lines.measure(wanted.ticket, wanted.names))

    @agent.executes("diagnosis.assistant.try")
    async def attempt(run: TaskRun) -> bytes:
        """The customer does what is advised."""
        act = msgspec.json.decode(run.body, type=Act)
        lines.act(run.id, act.ticket, Action(act.action))
        return msgspec.json.encode(Done("the customer followed the advice"))

    @agent.executes("diagnosis.assistant.follow-up")
    async def follow_up(run: TaskRun) -> bytes:
        """Sums the case up for the customer, who is called, or gets a message."""
        closing = msgspec.json.decode(run.body, type=Closing)
        report = _report(closing)
        with plant.change() as change:
            if change.happened(run.id) is None:
                change.note(run.id, "followed up", closing.ticket, report.follow_up)
        return msgspec.json.encode(report)


def _report(closing: Closing) -> Report:
    if closing.cause is None:
        what = "customer care calls back"
        return Report(closing.kind, "handed over to customer care", what, told=f"no fault: {what}")
    seen = closing.cause.cause, closing.cause.probability, closing.cause.scope
    rounds = len(closing.analyses) - 1
    visits = [visit for visit in closing.visits if visit is not None]
    came_back = closing.watch.came_back if closing.watch else 0
    back = f"came back on day {came_back}; " if came_back else ""
    tests = [test for test in closing.tests if test is not None]
    if not (tests and tests[-1].works):
        outcome, follow_up = f"{back}open after {len(visits)} visits", "the field manager calls"
    elif visits:
        outcome, follow_up = f"{back}repaired by {visits[-1].engineer}", "call after the visit"
    else:
        outcome, follow_up = "repaired from afar", "message to the customer"
    return Report(closing.kind, outcome, follow_up, *seen, rounds, len(visits), f"follow-up: {follow_up}")


def intent_recognition(agent: Agent, _: Plant) -> None:
    """From the customer's words to a class."""

    @agent.executes("diagnosis.intent.classify")
    async def recognise(run: TaskRun) -> bytes:
        """The class of the complaint. It fails when there is none: then the customer is asked."""
        kind, sure = classify(msgspec.json.decode(run.body, type=Complaint).complaint)
        if kind is Kind.UNCLEAR:
            raise BadInput("the complaint does not say what is wrong")
        told = f"class: {kind} ({sure:.0%})"
        return msgspec.json.encode(Recognised(kind, kind in FAULTS, told))
