"""Whether senders of our own domain are registered: asked once for each, not for each message (REG-2)."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable

from overlay.clock import Clock
from overlay.errors import NotFound, OverlayError
from overlay.naming.ids import PartyId
from overlay.settings import Settings

Ask = Callable[[PartyId], Awaitable[object]]


class Senders:
    """What the registry said of them. While it is away, nobody is kept out whom it did not name unknown: what
    agents do together does not stop with it.
    """

    def __init__(self, ask: Ask, settings: Settings, clock: Clock, counters: Counter[str]) -> None:
        """`ask` raises NotFound of one that is not registered."""
        self._ask = ask
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._said: OrderedDict[PartyId, tuple[bool, float]] = OrderedDict()
        """Whether it is registered, and until when that is not asked again."""
        self._asking: dict[PartyId, asyncio.Lock] = {}
        self._stale: OrderedDict[PartyId, None] = OrderedDict()
        self._work = asyncio.Event()

    def knows(self, party: PartyId) -> bool | None:
        """At once; None: it has to be asked, by `learn`."""
        said = self._said.get(party)
        if said is None:
            return None
        registered, until = said
        if self._clock() < until:
            return registered
        if not registered:
            return None
        self._stale[party] = None  # it goes on meanwhile: nobody waits for what is nearly always so
        self._work.set()
        return True

    async def learn(self, party: PartyId) -> bool:
        """Ask about it; those who ask at once wait for one answer."""
        lock = self._asking.setdefault(party, asyncio.Lock())
        try:
            async with lock:
                known = self.knows(party)
                return await self._learn(party) if known is None else known
        finally:
            if not lock.locked() and self._asking.get(party) is lock:
                del self._asking[party]

    async def run(self) -> None:
        """Ask again about those who are known, until cancelled."""
        while True:
            await self._work.wait()
            while self._stale:
                party, _ = self._stale.popitem(last=False)
                await self._learn(party)
            self._work.clear()

    async def _learn(self, party: PartyId) -> bool:
        first = party not in self._said
        try:
            registered = await self._is_registered(party)
            if not registered and first:  # another process of the registry may have entered it just now
                await asyncio.sleep(self._settings.sender_again_s)
                registered = await self._is_registered(party)
        except (OverlayError, TimeoutError):
            self._counters["sender-not-asked"] += 1
            registered = self._said.get(party, (True, 0.0))[0]
        kept_s = self._settings.sender_known_s if registered else self._settings.sender_again_s
        self._said.pop(party, None)
        self._said[party] = (registered, self._clock() + kept_s)
        if len(self._said) > self._settings.peers_counted:
            self._said.popitem(last=False)
        return registered

    async def _is_registered(self, party: PartyId) -> bool:
        try:
            async with asyncio.timeout(self._settings.sender_wait_s):
                await self._ask(party)
        except NotFound:
            return False
        return True
