"""Installation and maintenance scheduling: engineers, and the quality of what they installed."""

from __future__ import annotations

import msgspec

from examples.broadband.plant import Plant
from examples.broadband.staff import HOME, book
from examples.installation.inventory import Inventory
from examples.installation.words import Booked, Case, Done, Watched, Work
from overlay import Agent
from overlay.tasks.run import TaskRun

_SAMPLES = 3
_URGENCY = {"installation": 0.5, "review": 0.2}


def scheduling(agent: Agent, plant: Plant) -> None:
    """Visits and days take no time here."""
    inventory = Inventory(plant)

    @agent.executes("installation.scheduling.install")
    async def install(run: TaskRun) -> bytes:
        """Book the best engineer, who mounts the customer's device. It fails where no fibre comes in."""
        booked = await _book(run)
        await plant.work()
        inventory.mount(f"{run.id}/mount", msgspec.json.decode(run.body, type=Work).order)
        return msgspec.json.encode(booked)

    @agent.executes("installation.scheduling.review")
    async def review(run: TaskRun) -> bytes:
        """Book one who looks at the line again."""
        return msgspec.json.encode(await _book(run))

    async def _book(run: TaskRun) -> Booked:
        work = msgspec.json.decode(run.body, type=Work)
        place = inventory.place(work.street)
        visit = book(plant, run.id, work.order, place, HOME, _URGENCY[work.why])
        told = f"{visit.engineer}, {visit.km:g} km away, comes in {visit.arrives:.0f} min for {work.why}"
        return Booked(work.order, visit.engineer, visit.km, visit.arrives, told)

    @agent.executes("installation.scheduling.monitor")
    async def monitor(run: TaskRun) -> bytes:
        """The quality in the first days, told as it is measured."""
        order = msgspec.json.decode(run.body, type=Case).order
        worst = 1.0
        for day in range(1, _SAMPLES + 1):
            share = round(0.9 + 0.1 * plant.draw(order, "quality", str(day)), 2)
            worst = min(worst, share)
            await run.progress(f"day {day}: {share:.0%} of the speed ordered")
        told = f"at least {worst:.0%} of the speed on {_SAMPLES} days"
        return msgspec.json.encode(Watched(_SAMPLES, worst, told))

    @agent.executes("installation.scheduling.cancel")
    async def cancel_visit(run: TaskRun) -> bytes:
        """Take a visit out of the calendar."""
        booked = msgspec.json.decode(run.body, type=Booked)
        with plant.change() as change:
            if change.happened(run.id) is None:
                change.note(run.id, "cancelled", booked.order, booked.engineer)
        return msgspec.json.encode(Done(f"{booked.engineer} does not come"))
