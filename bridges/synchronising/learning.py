"""Hands what a peer's registry says to ours, and asks again from where something is missing (GW-4)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from bridges.frames.frame import Summary, SyncProgress, SyncRequest
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.ports import RegistryPort
from overlay.backoff import Backoff
from overlay.errors import BadInput
from overlay.registry.peers.protocol import Changes
from overlay.settings import Settings
from overlay.wire.malformed import MALFORMED

_WAITING = 16


class Learning:
    """For one peer: follows its registry over the line that is used, whichever that is."""

    def __init__(
        self,
        link: Link,
        leads: Callable[[str], bool],
        registry: RegistryPort,
        settings: Settings,
        counters: Counter[str],
    ) -> None:
        """`leads`: whether it is ours to do, and not another process's of our gateway."""
        self._leads = leads
        self._link = link
        self._registry = registry
        self._counters = counters
        self._backoff = Backoff(settings.gateway_restart_s, settings.gateway_restart_max_s)
        self._line: Line | None = None
        self._missing = False
        self._queue: asyncio.Queue[Changes] = asyncio.Queue(_WAITING)

    def summary(self, line: Line, item: Summary) -> None:
        """From a line: see `LineHost`."""
        if line is not self._line:
            self._counters["summary-not-asked-for"] += 1
            return
        try:
            self._queue.put_nowait(msgspec.msgpack.decode(item.changes, type=Changes))
        except MALFORMED:
            self._counters["summary-malformed"] += 1
        except asyncio.QueueFull:
            self._counters["summary-dropped"] += 1
            self._missing = True

    def forget(self) -> None:
        """The peer leaves, and takes its agents along (GW-6)."""
        nothing = Changes(log="", since=0, version=0, full=True, records=(), gone=(), more=False)
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(nothing)

    async def line_changed(self) -> None:
        """Another line may be the one in use: ask there. Raises OverlayError."""
        if not self._leads(self._link.domain):
            self._line = None
            return
        if self._line is not None and self._line.usable and not self._line.doubtful:
            return
        line = self._link.line
        if line is not None and line is not self._line:
            log, version = await self._registry.known(self._link.domain)
            self._line = line
            line.post(SyncRequest(log, version))

    async def run(self) -> None:
        """Until cancelled. Raises OverlayError when the registry does not answer; run it again then."""
        self._line = None
        await self.line_changed()
        while True:
            await self._learn(await self._queue.get())

    async def _learn(self, changes: Changes) -> None:
        try:
            learned = await self._registry.learn(self._link.domain, changes)
        except BadInput:
            self._missing = True
        else:
            self._counters["summary-learned"] += 1
            self._backoff.reset()
            self._counters["record-refused"] += len(learned.refused)
            if self._line is not None:
                self._line.post(SyncProgress())
        if self._missing and self._queue.empty() and self._line is not None:
            self._missing = False
            self._counters["resync"] += 1
            await self._backoff.wait()
            self._line.post(SyncRequest(*await self._registry.known(self._link.domain)))
