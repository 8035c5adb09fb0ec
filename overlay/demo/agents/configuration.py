"""Domain-specific configuration: makes and applies the data of a repair."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.causes import Action
from overlay.demo.desk import Desk
from overlay.demo.letters import Act, Done
from overlay.demo.network import Network


class Configuration:
    """The only agent that changes the network from afar."""

    def __init__(self, desk: Desk, network: Network) -> None:
        self._desk = desk
        self._network = network
        desk.serves(skills.CONFIGURE, Act, self.configure)

    async def configure(self, ticket: str, act: Act) -> Done:
        """Apply it."""
        done = self._network.act(ticket, Action(act.action))
        how = f"{act.action}: {'applied' if done else 'the equipment refused it'}"
        self._desk.says(ticket, how)
        return Done(done, how)
