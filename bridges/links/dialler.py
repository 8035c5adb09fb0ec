"""Goes to a peer's broker with our link certificate and keeps a line there, for as long as it is a peer."""

from __future__ import annotations

from collections import Counter

from bridges.links.traffic import Traffic
from bridges.links.visit import Visit
from bridges.ports import Connect, Me
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.errors import OverlayError, Unreachable
from overlay.settings import Settings
from overlay.transport.contract import Transport


class Dialler:
    """For one peer. `run` never gives up; `link.state` says how it stands."""

    def __init__(
        self,
        me: Me,
        traffic: Traffic,
        connect: Connect,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._me = me
        self._traffic = traffic
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._backoff = Backoff(settings.link_retry_s, settings.link_retry_max_s)

    async def run(self) -> None:
        """Until cancelled."""
        link = self._traffic.link
        while True:
            try:
                await self._visit()
            except OverlayError as error:
                self._counters[f"dial-{error.reason}"] += 1
                if not link.online:
                    link.state = f"cannot link: {error}"
            await self._backoff.wait()

    async def _visit(self) -> None:
        transport = await self._connect(self._traffic.link.peer)
        visit = Visit(self._me, self._traffic, transport, self._settings, self._clock, self._counters)
        try:
            async with beside(_lost(transport)):
                line = await visit.arrive()
                self._backoff.reset()
                await visit.stay(line)
        finally:
            await transport.close()


async def _lost(transport: Transport) -> None:
    await transport.closed()
    raise Unreachable("the connection to the peer's broker was closed")
