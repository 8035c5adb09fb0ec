"""Data collection: device, alarm and network data of a line."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.agents.perception import shown
from overlay.demo.desk import Desk
from overlay.demo.letters import Collect, Values
from overlay.demo.network import Network
from overlay.demo.readings import NETWORK_SIDE


class Collection:
    """Reads the last reports; asks the equipment itself to fill gaps."""

    def __init__(self, desk: Desk, network: Network) -> None:
        self._desk = desk
        self._network = network
        for source in NETWORK_SIDE:
            desk.serves(skills.COLLECT[source], Collect, self.collect)

    async def collect(self, ticket: str, wanted: Collect) -> Values:
        """What can be had."""
        found = self._network.measure(ticket, wanted.names, again=wanted.again)
        self._desk.says(ticket, f"{'asked again' if wanted.again else 'read'}: {shown(found)}")
        return found
