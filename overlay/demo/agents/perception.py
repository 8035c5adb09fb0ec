"""Perception data collection: measures in the customer's rooms."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.desk import Desk
from overlay.demo.letters import Collect, Values
from overlay.demo.network import Network
from overlay.demo.readings import Source


class Perception:
    """Simulated measurements over the router."""

    def __init__(self, desk: Desk, network: Network) -> None:
        self._desk = desk
        self._network = network
        desk.serves(skills.COLLECT[Source.HOME], Collect, self.collect)

    async def collect(self, ticket: str, wanted: Collect) -> Values:
        """What the router lets us measure; nothing, when it is offline."""
        found = self._network.measure(ticket, wanted.names)
        self._desk.says(ticket, f"measured at home: {shown(found)}")
        return found


def shown(found: Values) -> str:
    """Readings in one line."""
    got = [f"{name} {value:g}" for name, value in found.values.items()]
    return ", ".join(got + [f"{name} not to be had" for name in found.gaps]) or "nothing"
