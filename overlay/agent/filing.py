"""An agent's files: offered to others, and fetched from them (AG-8)."""

from __future__ import annotations

from overlay.agent.talking import Talking


class Filing(Talking):
    """Everything here raises Unreachable outside of the agent's block."""
