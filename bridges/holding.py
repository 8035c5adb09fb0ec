"""Stored messages that wait a moment for room on their link: it is up, and only full."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable

from bridges.leaving import Lane, Leaving
from overlay.backoff import doubled_s
from overlay.settings import Settings
from overlay.transport.contract import OnStored

Reaches = Callable[[str], bool]
"""Whether a link is up by which a domain is reached."""


class Holding:
    """In order within each lane. Bounded by what our broker gives out at one time (`stored_in_flight`)."""

    def __init__(
        self, outflow: OnStored, reaches: Reaches, settings: Settings, counters: Counter[str]
    ) -> None:
        self._outflow = outflow
        self._reaches = reaches
        self._settings = settings
        self._counters = counters
        self._held: defaultdict[Lane, deque[Leaving]] = defaultdict(deque)
        self._some = asyncio.Event()

    async def leave(self, leaving: Leaving) -> None:
        """To its link, behind those of its lane that wait; put off if there is none."""
        if self._held.get(leaving.lane) or not await self._offer(leaving):
            await self._hold(leaving)

    async def run(self) -> None:
        """Offer those that are held again and again, and put them off if there is no room for long; until
        cancelled.
        """
        while True:
            await self._some.wait()
            await asyncio.sleep(self._settings.gateway_room_wait_s)
            for lane, held in list(self._held.items()):
                while held and await self._offer(held[0]):
                    held.popleft()
                if held and self._waits_long(held[0]):
                    await self._put_off(held)
                if not held:
                    del self._held[lane]
            if not self._held:
                self._some.clear()

    async def _offer(self, leaving: Leaving) -> bool:
        leaving.offering, leaving.back = True, False
        try:
            await self._outflow(leaving)
        finally:
            leaving.offering = False
        return not leaving.back

    async def _hold(self, leaving: Leaving) -> None:
        if not self._reaches(leaving.domain):
            await leaving.put_off(self._pause_s(leaving))
            return
        leaving.since = asyncio.get_running_loop().time()
        self._held[leaving.lane].append(leaving)
        self._counters["held-for-room"] += 1
        self._some.set()

    def _waits_long(self, first: Leaving) -> bool:
        waited_s = asyncio.get_running_loop().time() - first.since
        return waited_s > self._settings.gateway_room_s or not self._reaches(first.domain)

    async def _put_off(self, held: deque[Leaving]) -> None:
        """Those that block others; the rest stay, if their link is up."""
        leaving = list(held)
        held.clear()
        for one in leaving:
            if not one.blocks and self._reaches(one.domain):
                held.append(one)
            else:
                await one.put_off(self._pause_s(one))

    def _pause_s(self, leaving: Leaving) -> float:
        settings = self._settings
        return doubled_s(settings.gateway_again_s, settings.gateway_again_max_s, leaving.attempt)
