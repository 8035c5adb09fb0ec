"""Tells each process of each peer which channels we want by it, and hears what it wants (GW-9)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from bridges.frames.frame import ChannelWish
from bridges.links.line import Line
from bridges.multicast.forest import Edge, Forest
from overlay.errors import OverlayError
from overlay.patience import comes_within

_REST = 4
"""Times as long as looking at everything took: who changes its mind all the time has a part of us only."""


class Wishes:
    """Of all links. A process is asked as long as there is a line to it."""

    def __init__(self, forest: Forest, again_s: float, counters: Counter[str]) -> None:
        """`again_s`: how often it is seen whether the ways have changed."""
        self._forest = forest
        self._again_s = again_s
        self._counters = counters
        self._lines: dict[Edge, list[Line]] = {}
        self._new: set[Edge] = set()
        self._changed = asyncio.Event()

    def up(self, line: Line) -> None:
        """See `LineWatcher`."""
        self._lines.setdefault(_edge(line), []).append(line)
        self._new.add(_edge(line))
        self._changed.set()

    def down(self, line: Line) -> None:
        """See `LineWatcher`."""
        edge = _edge(line)
        lines = self._lines.get(edge, [])
        if line in lines:
            lines.remove(line)
        if lines:
            self._forest.untold(edge)
            self._new.add(edge)
        else:
            self._lines.pop(edge, None)
            self._forest.lost(edge)
        self._changed.set()

    def heard(self, line: Line, wish: ChannelWish) -> None:
        """From a line."""
        if not wish.channel:
            self._forest.said_all(_edge(line))
            return
        try:
            refused = self._forest.hear(_edge(line), wish.channel, wish.domains)
        except OverlayError as error:
            self._counters[f"channel-wish-{error.reason}"] += 1
            return
        self._counters["channel-wish-of-no-member"] += len(refused)
        self._changed.set()

    def look(self) -> None:
        """Something changed that decides what we want."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            began = time.monotonic()
            for item in self._forest.news(list(self._lines)):
                self._say(item.edge, ChannelWish(item.channel, tuple(sorted(item.domains))))
            for edge in self._new & self._lines.keys():
                self._say(edge, ChannelWish("", ()))
            self._new.clear()
            await asyncio.sleep(_REST * (time.monotonic() - began))
            await comes_within(self._changed, self._again_s)

    def _say(self, edge: Edge, wish: ChannelWish) -> None:
        self._lines[edge][-1].post(wish)


def _edge(line: Line) -> Edge:
    return line.peer.domain, line.process
