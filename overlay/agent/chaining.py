"""An agent's chains: graphs of subtasks that it has done (AG-4, AG-5)."""

from __future__ import annotations

from overlay.agent.talking import Talking


class Chaining(Talking):
    """Everything here raises Unreachable outside of the agent's block."""
