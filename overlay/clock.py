"""Time as a dependency, so that tests decide what time it is. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
Clock = Callable[[], float]
"""Seconds since 1970, UTC."""


def system_clock() -> float:
    """The machine's own time."""
    return time.time()
