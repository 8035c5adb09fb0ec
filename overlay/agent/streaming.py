"""An agent's live streams (AG-8)."""

from __future__ import annotations

from overlay.agent.talking import Talking


class Streaming(Talking):
    """Everything here raises Unreachable outside of the agent's block."""
