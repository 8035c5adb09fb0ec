"""One-way messages over a broker, as many as it carries, with a bounded number under way."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress

from overlay.bench.envelopes import Envelopes
from overlay.bench.result import Load
from overlay.transport.contract import Delivery, Transport

_UNDER_WAY = 256
_PATIENCE_S = 10.0


class Stream:
    """From one connection to another, both in this process: what is measured is what both ends cost."""

    def __init__(self, sender: Transport, subject: str) -> None:
        """The receiver's reader is to call `arrived`."""
        self._sender = sender
        self._subject = subject
        self._envelopes: Envelopes | None = None
        self._sent_at: deque[float] = deque()
        self._load = Load()
        self._room = asyncio.Event()

    async def arrived(self, delivery: Delivery) -> None:
        """One message; they come in order."""
        if self._envelopes is None or not self._sent_at:
            return  # of a slice that was given up
        self._envelopes.take(delivery.payload)
        self._load.received += 1
        self._load.latencies.append(time.perf_counter() - self._sent_at.popleft())
        self._room.set()

    async def run(self, envelopes: Envelopes, seconds: float) -> Load:
        """Send for so long, and wait for what is under way."""
        self._envelopes, self._load = envelopes, Load()
        self._sent_at.clear()
        begin = time.perf_counter()
        while time.perf_counter() < begin + seconds:
            if len(self._sent_at) >= _UNDER_WAY:
                await self._some_arrived()
            data = envelopes.make()
            self._sent_at.append(time.perf_counter())
            self._load.sent += 1
            await self._sender.publish(self._subject, data)
        with suppress(TimeoutError):  # what is missing then is counted as lost
            async with asyncio.timeout(_PATIENCE_S):
                while self._sent_at:
                    await self._some_arrived()
        self._load.seconds = time.perf_counter() - begin
        return self._load

    async def _some_arrived(self) -> None:
        self._room.clear()
        await self._room.wait()
