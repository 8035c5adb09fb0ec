"""Compares the lines of a peer again and again, and leaves one whose peer is silent while another answers."""

from __future__ import annotations

import asyncio
from collections import Counter

from bridges.links.line import Line
from bridges.links.traffic import Traffic
from overlay.settings import Settings


class Watch:
    """Of one link (GW-14)."""

    def __init__(self, traffic: Traffic, settings: Settings, counters: Counter[str]) -> None:
        self._traffic = traffic
        self._link = traffic.link
        self._look_s = settings.link_look_s
        self._unmeasured_s = 2 * settings.link_heartbeat_s
        """Until an answer came, nobody knows how long it takes."""
        self._counters = counters

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._look_s)
            doubtful = [line for line in self._link.lines if not line.over and line.doubtful]
            for line in doubtful:
                if line.carrier.quality.rtt_s or line.carrier.silent_s > self._unmeasured_s:
                    line.doubt()
            if doubtful:
                await self._leave(doubtful)
            self._link.look()

    async def _leave(self, doubtful: list[Line]) -> None:
        """What waits for an answer there goes over another line at once; the line stays, in case."""
        others = [line for line in self._link.lines if line.usable and line not in doubtful]
        for line in others:
            if not line.carrier.quality.waiting_since:
                line.probe()  # is it the peer as a whole that is slow?
        asked = max(line.carrier.quality.waiting_since for line in doubtful)
        if not any(line.carrier.quality.heard_at > asked for line in others):
            return
        self._link.look()
        for line in doubtful:
            if line.outgoing.settled:
                continue
            self._counters["lines-left"] += 1
            self._link.losses[line.address].lost("no answer while another line answered", asked)
            await self._traffic.move(line)
