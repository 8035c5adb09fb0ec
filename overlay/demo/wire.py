"""What the demo needs of an agent's connection: the overlay's agent has it, and the tests' fake."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

Handle = Callable[[bytes], Awaitable[bytes]]


class Wire(Protocol):
    """One agent's connection. Every method but the first two raises OverlayError."""

    def serves(self, skill: str, handle: Handle) -> None:
        """Answer questions to a skill; before the connection is opened."""

    def subscribes(self, topic: str, handle: Handle) -> None:
        """Take what is published; before the connection is opened."""

    async def find(self, skill: str) -> str:
        """Who has the skill best. Raises NotFound."""

    async def ask(self, to: str, skill: str, body: bytes, *, timeout_s: float, reliable: bool) -> bytes:
        """Ask, and wait for the answer."""

    async def send(self, to: str, skill: str, body: bytes, *, timeout_s: float) -> None:
        """Send what must not be lost; returns when it was handled. Raises TimedOut when it was not."""

    async def publish(self, topic: str, body: bytes) -> int:
        """Send what must not be lost to all that subscribe; returns to how many."""
