"""Tells publishers of ours whose publications are over a cap, each at most once in a while (GW-15)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable

from overlay.channels.talk import Slow, encode_talk
from overlay.errors import OverlayError, Overloaded
from overlay.naming.ids import PartyId
from overlay.wire.envelope import Header

_WAITING = 256
_REMEMBERED = 10_000

Say = Callable[[PartyId, bytes], Awaitable[object]]
"""To an agent of ours, about a channel. Raises OverlayError."""


class Slowing:
    """Keep `run` running."""

    def __init__(self, say: Say, every_s: float, counters: Counter[str]) -> None:
        self._say = say
        self._every_s = every_s
        self._counters = counters
        self._told: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._waiting: asyncio.Queue[tuple[PartyId, bytes]] = asyncio.Queue(_WAITING)

    def over(self, header: Header, error: Overloaded) -> None:
        """This one was dropped."""
        key, now = (header.sender, header.to), time.monotonic()
        if now - self._told.get(key, -self._every_s) < self._every_s:
            return
        talk = encode_talk(Slow(header.to, str(error), error.retry_after_s))
        try:
            self._waiting.put_nowait((PartyId.parse(header.sender), talk))
        except asyncio.QueueFull:
            self._counters["cast-slow-untold"] += 1
            return
        self._told[key] = now
        self._told.move_to_end(key)
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            sender, talk = await self._waiting.get()
            try:
                await self._say(sender, talk)
                self._counters["cast-slow-told"] += 1
            except OverlayError as error:
                self._counters[f"cast-slow-{error.reason}"] += 1
