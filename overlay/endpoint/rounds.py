"""Looking again and again whether there is something to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from logging import Logger

from overlay.errors import OverlayError


async def rounds(look: Callable[[], Awaitable[object]], every_s: float, log: Logger, hindered: str) -> None:
    """`look` now and every `every_s`, until cancelled. What it raises (OverlayError) is told in the log after
    the words `hindered`, and the next round tries again.
    """
    while True:
        try:
            await look()
        except OverlayError as error:
            log.warning("%s: %s", hindered, error)
        await asyncio.sleep(every_s)
