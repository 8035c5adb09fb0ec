"""The sending end of a relay measurement: a bounded number of messages under way, as fast as they arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from overlay.bench.relay_tally import Counted, Stamper
from overlay.errors import OverlayError

Send = Callable[[bytes], Awaitable[None]]
"""One message. Raises OverlayError."""

_LOOK_AGAIN_S = 0.002
"""Not so often that looking costs more than sending."""
_BARELY_S = 0.0002
_PATIENCE_S = 3.0
_BREATH = 64


class Pumped(msgspec.Struct):
    """What one slice did: from the first message until the last that came."""

    sent: int
    errors: int
    arrived: int
    seconds: float


class Pump:
    """`at_once`: how many of `send` run side by side; they wait for their broker."""

    def __init__(self, send: Send, arrived: Counted, size: int, at_once: int) -> None:
        self._send = send
        self._arrived = arrived
        self._stamper = Stamper(size)
        self._at_once = at_once

    async def run(self, seconds: float, window: int) -> Pumped:
        """Send for so long with at most `window` under way; wait for what is, as long as any of it comes."""
        made, came = self._stamper.made, self._arrived.count
        self._ahead = made - came  # what was lost before does not narrow the window
        self._errors = 0
        begin = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._keep_sending(begin + seconds, window))
        last = await self._settle()
        sent, arrived = self._stamper.made - made, self._arrived.count - came
        return Pumped(sent, self._errors, arrived, last - begin)

    @property
    def _under_way(self) -> int:
        return self._stamper.made - self._arrived.count - self._ahead - self._errors

    async def _keep_sending(self, until: float, window: int) -> None:
        turn = 0
        while time.perf_counter() < until:
            if self._under_way >= window:
                await self._room(window)
                continue
            turn += 1
            if turn % _BREATH == 0:
                await asyncio.sleep(0)
            try:
                await self._send(self._stamper.next())
            except OverlayError:
                self._errors += 1

    async def _room(self, window: int) -> None:
        """What does not come for long is lost: the window is not narrower for it."""
        count, since = self._arrived.count, time.perf_counter()
        enough, wait_s = window * 3 // 4, _LOOK_AGAIN_S if window > 1 else _BARELY_S
        while self._under_way > enough:
            await asyncio.sleep(wait_s)
            if self._arrived.count != count:
                count, since = self._arrived.count, time.perf_counter()
            elif time.perf_counter() - since > _PATIENCE_S:
                self._ahead += self._under_way

    async def _settle(self) -> float:
        """When the last one came."""
        count, last = self._arrived.count, time.perf_counter()
        while self._under_way > 0 and time.perf_counter() - last < _PATIENCE_S:
            await asyncio.sleep(_LOOK_AGAIN_S)
            if self._arrived.count != count:
                count, last = self._arrived.count, time.perf_counter()
        return last
