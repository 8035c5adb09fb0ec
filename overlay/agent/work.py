"""What the library does for an agent beside its messages: groups, tasks, sessions, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from overlay.agent.handlers import Handle


class Work(Protocol):
    """One of these. Its `topics` are served; then `begin`, `run` beside the block, `close`."""

    @property
    def topics(self) -> Mapping[str, Handle]:
        """Reserved topics, and what handles them; in no profile. The agent's access policy holds for them."""

    async def begin(self) -> None:
        """When the agent reads its inbox, and is registered: go on with what is in the folder."""

    async def run(self) -> None:
        """Until cancelled; what it raises ends the agent's block."""

    async def close(self) -> None:
        """Idempotent; the agent can still talk."""
