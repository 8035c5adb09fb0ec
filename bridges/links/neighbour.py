"""One peer with everything that runs for it, from peering until it is removed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from bridges.lasting import lasting
from bridges.links.handshake import Established
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.links.switchboard import Switchboard
from bridges.links.traffic import Traffic
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.errors import Unreachable
from overlay.settings import Settings
from overlay.transport.contract import OnError, Transport

Work = Callable[[], Awaitable[None]]


class Neighbour:
    """`works`: what runs for it as long as it is a peer, by what it is called; each is started again."""

    def __init__(
        self,
        traffic: Traffic,
        works: Mapping[str, Work],
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self.traffic = traffic
        self._works = works
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._on_error = on_error
        self._group: asyncio.TaskGroup | None = None

    @property
    def link(self) -> Link:
        """Its lines."""
        return self.traffic.link

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for what, work in self._works.items():
                where = f"{what} of {self.link.domain}"
                backoff = Backoff(self._settings.gateway_restart_s, self._settings.gateway_restart_max_s)
                group.create_task(lasting(where, work, backoff, self._on_error), name=where)

    def adopt(
        self, established: Established, back: str, transport: Transport, switchboard: Switchboard
    ) -> None:
        """Use a session that the acceptor established. Raises Unreachable when we are about to end."""
        if self._group is None:
            raise Unreachable(f"{self.link.domain} is not served now")

        async def send(frame: bytes) -> None:
            await transport.publish(back, frame)

        settings, clock, counters = self._settings, self._clock, self._counters
        line = Line(established, send, self.traffic, settings, clock, counters)
        switchboard.open(line)
        self._group.create_task(self._serve(line, switchboard), name=f"line of {self.link.domain}")

    def fence(self) -> None:
        """End the lines of gateways whose certificates were revoked (CA-8)."""
        for line in list(self.link.lines):
            if not line.over and self.link.trust.denies(line.serial):
                self._counters["revoked-peer"] += 1
                line.end("the certificate of the peer's gateway was revoked")

    async def leave(self, why: str, *, leaving: bool) -> None:
        """Say goodbye on every line (GW-6)."""
        await asyncio.gather(*(line.close(why, leaving=leaving) for line in list(self.link.lines)))

    async def _serve(self, line: Line, switchboard: Switchboard) -> None:
        try:
            await self.traffic.serve(line)
        finally:
            switchboard.close(line)
