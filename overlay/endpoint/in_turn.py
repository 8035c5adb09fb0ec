"""What has to be asked before a handler may begin does not change the order in which handlers begin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.naming.ids import PartyId


class InTurn:
    """One row for each party."""

    def __init__(self) -> None:
        self._last: dict[PartyId, asyncio.Future[None]] = {}

    def busy(self, party: PartyId) -> bool:
        """Whether somebody is in its row."""
        return party in self._last

    @asynccontextmanager
    async def turn(self, party: PartyId) -> AsyncIterator[None]:
        """Runs the block at once, and returns after all that were entered before for `party`."""
        before, mine = self._last.get(party), asyncio.get_running_loop().create_future()
        self._last[party] = mine
        try:
            try:
                yield
            finally:
                if before is not None:
                    await asyncio.wait((before,))
        finally:
            mine.set_result(None)
            if self._last[party] is mine:
                del self._last[party]
