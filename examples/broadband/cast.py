"""Who an agent of the examples is, and how it gets its work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from examples.broadband.plant import Plant
from overlay import Agent
from overlay.settings import Settings

RETAIL, NETWORK, FIELD = "retail.example", "network.example", "field.example"
"""Who sells broadband, who runs the network, and whose engineers visit homes."""
DOMAINS = (RETAIL, NETWORK, FIELD)

Teach = Callable[[Agent, Plant], None]
"""Gives an agent, before it is entered, the skills of its role."""


@dataclass(frozen=True, slots=True)
class Role:
    """One of the thirteen. Every skill it serves is below `skill`."""

    name: str
    domain: str
    skill: str
    teach: Teach

    @property
    def agent_name(self) -> str:
        """Both examples may run in one federation."""
        return f"{self.skill.partition('.')[0]}-{self.name}"

    def agent(
        self, home: Path, plant: Plant, access: tuple[str, ...], settings: Settings | None = None
    ) -> Agent:
        """It, ready to be entered; who is in a domain of `access` may give it work."""
        agent = Agent(home, access=access, settings=settings)
        self.teach(agent, plant)
        return agent
