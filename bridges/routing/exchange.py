"""Tells one peer our ways over each line to it, and takes what it tells of its own (GW-8, GW-12)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from weakref import WeakKeyDictionary

from bridges.frames.frame import Reach
from bridges.links.line import Line
from bridges.routing.routes import Routes
from bridges.routing.telling import Telling
from overlay.settings import Settings
from overlay.token_bucket import TokenBucket

_PART = 100
"""At least so many domains a peer tells at once when it has many."""


class Exchange:
    """For one peer. What it tells over a line counts while that is up."""

    def __init__(self, peer: str, routes: Routes, settings: Settings, counters: Counter[str]) -> None:
        self._peer = peer
        self._routes = routes
        self._settings = settings
        self._counters = counters
        self._tellings: dict[Line, Telling] = {}
        self._early: WeakKeyDictionary[Line, list[Reach]] = WeakKeyDictionary()
        self._changed = asyncio.Event()
        rate = settings.route_announcements_per_s
        self._rate = TokenBucket(rate, 2 * rate + settings.route_domains / _PART, time.monotonic())

    def up(self, line: Line) -> None:
        """See `LineWatcher`: it is told everything before any message goes over it."""
        self._tellings[line] = Telling(self._routes, self._peer)
        self._routes.up(self._peer, _name(line))
        self._tell(line)
        for item in self._early.pop(line, []):
            self._routes.take(self._peer, _name(line), item)

    def down(self, line: Line) -> None:
        """See `LineWatcher`."""
        if self._tellings.pop(line, None) is not None:
            self._routes.down(self._peer, _name(line))

    def reach(self, line: Line, item: Reach) -> None:
        """From a line. A peer that tells more than it may is not believed half: the line ends."""
        told = len(item.paths) + len(item.withdrawn)  # many in one item cost as much as many items
        if not self._rate.take(time.monotonic(), max(1.0, told / _PART)):
            self._counters["route-too-often"] += 1
            line.end(f"{self._peer} announces more than it may (route_announcements_per_s)")
        elif line in self._tellings:
            self._routes.take(self._peer, _name(line), item)
        elif not line.over:  # the peer was quicker than we are in using the line
            self._early.setdefault(line, []).append(item)

    def assure(self, domain: str) -> None:
        """A message of `domain` is about to go to this peer: it shall know by then that we lead there."""
        for line, telling in self._tellings.items():
            if not telling.has(domain) and self._routes.told_to(self._peer, domain) is not None:
                self._tell(line)

    def changed(self) -> None:
        """Our ways did."""
        self._changed.set()

    async def run(self) -> None:
        """Tell what changed, gathered for a while, until cancelled. Nothing before the last was sent."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for line in list(self._tellings):
                await line.posted()
                self._tell(line)
            await asyncio.sleep(self._settings.route_pause_s)

    def _tell(self, line: Line) -> None:
        telling = self._tellings.get(line)
        if telling is None or line.over:
            return
        for item in telling.next():
            self._counters["routes-told"] += 1
            line.post(item)


def _name(line: Line) -> str:
    return f"{line.process} {id(line)}"
