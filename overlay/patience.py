"""Waiting for an event, but not for ever."""

from __future__ import annotations

import asyncio


async def comes_within(event: asyncio.Event, seconds: float) -> bool:
    """Returns as soon as the event is set, or after so many seconds; and whether it was."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
