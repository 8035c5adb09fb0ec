"""Fault handling: repairs from afar what can be repaired from afar."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.causes import CAUSES, SCARCE, Action
from overlay.demo.desk import Desk
from overlay.demo.letters import Act, Done, Repair


class Handling:
    """Has resources allocated, and the change applied."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.serves(skills.REPAIR, Repair, self.repair)

    async def repair(self, ticket: str, order: Repair) -> Done:
        """Whether something was done; whether it helped, a test says."""
        action = CAUSES[order.cause].action
        if action is Action.NOTHING:
            self._desk.says(ticket, f"{order.cause}: cannot be repaired from afar")
            return Done(False, "needs an engineer")
        if action is Action.GUIDE:
            return await self._desk.ask(skills.ADVISE, ticket, Act(action), Done)
        resource = ""
        if action in SCARCE:
            allocated = await self._desk.ask(skills.ALLOCATE, ticket, Act(action), Done)
            if not allocated.done:
                return allocated
            resource = allocated.how
        return await self._desk.ask(skills.CONFIGURE, ticket, Act(action, resource), Done)
