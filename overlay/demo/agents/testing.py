"""End-to-end testing: whether the customer gets what was sold."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.desk import Desk
from overlay.demo.letters import Probe, Tested
from overlay.demo.network import Network


class Testing:
    """Simulated measurement from the home to the far end."""

    def __init__(self, desk: Desk, network: Network) -> None:
        self._desk = desk
        self._network = network
        desk.serves(skills.TEST, Probe, self.test)

    async def test(self, ticket: str, _: Probe) -> Tested:
        """Now."""
        works, share = self._network.test(ticket)
        self._desk.says(ticket, f"{'passed' if works else 'FAILED'}: {share:.0%} of the speed sold")
        return Tested(works, share)
