"""What will stay for long is not looked at by the garbage collector again."""

from __future__ import annotations

import gc


def settle() -> None:
    """All that is there now is there to stay. What is thrown away in a circle goes first."""
    gc.collect()
    gc.freeze()
