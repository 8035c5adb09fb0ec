"""A closed loop: a number of askers, each asking again as soon as it has its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from overlay.bench.result import Load
from overlay.errors import OverlayError

Ask = Callable[[], Awaitable[None]]
"""One question and its answer. Raises OverlayError."""


async def closed_loop(ask: Ask, *, askers: int, seconds: float) -> Load:
    """Ask for `seconds`; what was begun is waited for."""
    load = Load()
    begin = time.perf_counter()
    end = begin + seconds

    async def asker() -> None:
        while (asked := time.perf_counter()) < end:
            load.sent += 1
            try:
                await ask()
            except OverlayError:
                load.errors += 1
                continue
            load.received += 1
            load.latencies.append(time.perf_counter() - asked)

    async with asyncio.TaskGroup() as group:
        for _ in range(askers):
            group.create_task(asker())
    load.seconds = time.perf_counter() - begin
    return load
