"""An agent's sessions: held, joined, left, resumed (AG-1, AG-2)."""

from __future__ import annotations

from overlay.agent.talking import Talking


class Sessioning(Talking):
    """Everything here raises Unreachable outside of the agent's block."""
