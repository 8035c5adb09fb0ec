"""Who does the steps: what an orchestrator needs of whatever carries out tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from overlay.context.context import Context


@dataclass(frozen=True, slots=True)
class Order:
    """A task that is wanted. The same `id` again is the same task."""

    id: str
    skill: str
    agent: str = ""
    """Only this one; empty: whoever serves best."""
    body: bytes = b""
    context: Context = field(default_factory=Context)
    deadline_s: float = 0.0
    avoid: tuple[str, ...] = ()


class Assigned(Protocol):
    """A task that somebody has taken."""

    @property
    def agent(self) -> str:
        """Who."""

    async def result(self) -> bytes:
        """Waits for it. Raises TaskFailed, TaskCancelled, TimedOut."""

    async def cancel(self) -> None:
        """Have it end. Raises what asking raises."""


class Assign(Protocol):
    """Gives tasks to agents."""

    async def start(self, order: Order) -> Assigned:
        """Raises NotFound, Refused, BadInput, Unavailable: nobody has it, as far as is known."""

    async def offered(self, skill: str, agent: str = "") -> str:
        """Empty: somebody, or this agent, offers it now; else what is missing. Raises Unavailable."""

    async def freest(self, skills: Sequence[str]) -> int:
        """Which of these somebody is most free for."""
