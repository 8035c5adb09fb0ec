"""Service orchestration and resource allocation: a port, capacity or a second supply for a repair."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.causes import Action
from overlay.demo.desk import Desk
from overlay.demo.letters import Act, Done
from overlay.demo.network import Network


class Orchestration:
    """Whether something is free is simulated."""

    def __init__(self, desk: Desk, network: Network) -> None:
        self._desk = desk
        self._network = network
        desk.serves(skills.ALLOCATE, Act, self.allocate)

    async def allocate(self, ticket: str, act: Act) -> Done:
        """What the action needs."""
        free = self._network.spare(ticket, Action(act.action))
        self._desk.says(ticket, f"{'allocated' if free else 'nothing free'} to {act.action}")
        return Done(free, f"reserved for {ticket}" if free else "nothing free")
