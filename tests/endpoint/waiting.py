"""Waiting for what must happen soon; long limits, since test machines are slow."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

LIMIT_S = 30.0


async def until(condition: Callable[[], object]) -> None:
    """Returns when `condition()` is true; for counters and the like, which have no event."""
    async with asyncio.timeout(LIMIT_S):
        for _ in itertools.count():
            if condition():
                return
            await asyncio.sleep(0.002)
