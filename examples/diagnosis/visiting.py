"""End-to-end testing, and installation and maintenance scheduling."""

from __future__ import annotations

import msgspec

from examples.broadband.plant import Plant
from examples.broadband.staff import book
from examples.diagnosis.classes import Kind
from examples.diagnosis.lines import Lines
from examples.diagnosis.words import Case, Order, Tested, Visited, Watched
from overlay import Agent
from overlay.tasks.run import TaskRun

_URGENCY = {Kind.NO_SERVICE: 1.0, Kind.UNSTABLE: 0.6, Kind.SLOW: 0.4, Kind.WIFI: 0.3}
_WATCH_DAYS = 7


def end_to_end_testing(agent: Agent, plant: Plant) -> None:
    """Whether the customer gets what was sold, from the home to the far end."""
    lines = Lines(plant)

    @agent.executes("diagnosis.testing.end-to-end")
    async def test(run: TaskRun) -> bytes:
        """Now."""
        works, share = lines.test(msgspec.json.decode(run.body, type=Case).ticket)
        told = f"{'passed' if works else 'FAILED'}: {share:.0%} of the speed sold"
        return msgspec.json.encode(Tested(works, share, told))


def scheduling(agent: Agent, plant: Plant) -> None:
    """Sends engineers by place, craft and urgency, and watches repaired lines; days take no time here."""
    lines = Lines(plant)

    @agent.executes("diagnosis.scheduling.dispatch")
    async def dispatch(run: TaskRun) -> bytes:
        """The best plan, and what came of the visit. The engineer calls the customer: it needs the number."""
        order = msgspec.json.decode(run.body, type=Order)
        craft = order.needs or order.craft
        place, urgency = lines.place(order.ticket), _URGENCY[order.kind]
        visit = book(plant, run.id, order.ticket, place, craft, urgency)
        told = f"{visit.engineer} ({craft}, {visit.km:g} km away) arrives after {visit.arrives:.0f} min"
        await run.progress(told)
        await plant.work()
        found, cured, needs = lines.visit(f"{run.id}/visit", order.ticket, craft)
        result = "repaired" if cured else f"needs somebody for {needs}"
        told += f": {found}, {result}"
        return msgspec.json.encode(
            Visited(visit.engineer, visit.km, visit.arrives, found, cured, needs, told)
        )

    @agent.executes("diagnosis.scheduling.watch")
    async def watch(run: TaskRun) -> bytes:
        """How the line was, a week long."""
        case = msgspec.json.decode(run.body, type=Case)
        day = lines.came_back(run.id, case.ticket, _WATCH_DAYS)
        told = f"came back on day {day}" if day else f"steady for {_WATCH_DAYS} days"
        return msgspec.json.encode(Watched(_WATCH_DAYS, day, told))
