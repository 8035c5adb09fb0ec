"""Installation and maintenance scheduling: sends engineers, and watches repaired lines."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.causes import Craft
from overlay.demo.desk import Desk
from overlay.demo.dispatch import STAFF, Engineer, after, best_plan
from overlay.demo.letters import Quality, Visited, Watch, WorkOrder
from overlay.demo.network import Network


class Scheduling:
    """Visits and the days after them are simulated; they take no time here."""

    def __init__(self, desk: Desk, network: Network) -> None:
        self._desk = desk
        self._network = network
        self._staff: tuple[Engineer, ...] = STAFF
        desk.serves(skills.DISPATCH, WorkOrder, self.dispatch)
        desk.serves(skills.WATCH, Watch, self.watch)

    async def dispatch(self, ticket: str, order: WorkOrder) -> Visited:
        """The best plan, and what came of the visit."""
        place, craft = self._network.place(ticket), Craft(order.craft)
        plan = best_plan(place, craft, order.urgency, self._staff)
        self._staff = after(plan, place, self._staff)
        name, km, minutes = plan.engineer.name, round(plan.km, 1), round(plan.arrives)
        found, cured, needs = self._network.visit(ticket, craft)
        result = "repaired" if cured else f"needs somebody for {needs}"
        self._desk.says(
            ticket, f"{name} ({craft}, {km:g} km away) arrives after {minutes} min: {found}, {result}"
        )
        return Visited(name, km, minutes, found, cured, needs)

    async def watch(self, ticket: str, order: Watch) -> None:
        """Publish how the line was."""
        day = self._network.came_back(ticket, order.days)
        self._desk.says(ticket, f"came back on day {day}" if day else f"steady for {order.days} days")
        await self._desk.publish(skills.QUALITY, ticket, Quality(order.days, day))
