"""An agent's tasks: those it gives to others (AG-3)."""

from __future__ import annotations

from overlay.agent.talking import Talking


class Tasking(Talking):
    """Everything here raises Unreachable outside of the agent's block."""
