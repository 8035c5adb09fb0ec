"""Waking those who wait for news of something."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Hashable


class Bell:
    """One for many matters: who waits for one is woken when that one is rung."""

    def __init__(self) -> None:
        self._waiting: defaultdict[Hashable, set[asyncio.Future[None]]] = defaultdict(set)

    def ticket(self, matter: Hashable) -> asyncio.Future[None]:
        """Done with the next ring; take it *before* looking, so that nothing falls between. `drop` it."""
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[matter].add(ticket)
        return ticket

    def drop(self, matter: Hashable, ticket: asyncio.Future[None]) -> None:
        """Nobody waits with it any more."""
        waiting = self._waiting.get(matter)
        if waiting is not None:
            waiting.discard(ticket)
            if not waiting:
                del self._waiting[matter]

    def ring(self, matter: Hashable) -> None:
        """There is news of this."""
        for ticket in self._waiting.pop(matter, ()):
            if not ticket.done():
                ticket.set_result(None)

    def ring_all(self) -> None:
        """There may be news of everything."""
        for matter in list(self._waiting):
            self.ring(matter)


async def within(ticket: asyncio.Future[None], seconds: float) -> bool:
    """Whether it came within that time."""
    await asyncio.wait({ticket}, timeout=max(seconds, 0.0))
    return ticket.done()
