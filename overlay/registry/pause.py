"""Long work in slices, so that the registry answers others in between."""

from __future__ import annotations

import asyncio
import time


class Pause:
    """Of one piece of work."""

    def __init__(self, slice_s: float) -> None:
        self._slice_s = slice_s
        self._since = time.monotonic()

    async def now_and_then(self) -> None:
        """Lets others have their turn, when ours took `slice_s`."""
        if time.monotonic() - self._since >= self._slice_s:
            await asyncio.sleep(0)
            self._since = time.monotonic()
