"""Goes to a peer's brokers with our link certificate and keeps lines there, for as long as it is a peer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace

from bridges.links.traffic import Traffic
from bridges.links.visit import Visit
from bridges.ports import Connect, Me
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.errors import OverlayError, Refused, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Transport


class Dialler:
    """For one peer, at up to `link_paths` of its addresses at a time, those first that were lost least.
    `run` never gives up; `link.state` says how it stands.
    """

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
        self._link = traffic.link
        self._connect = connect
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._used: set[BrokerAddress] = set()

    async def run(self) -> None:
        """Until cancelled."""
        paths = min(self._settings.link_paths, len(self._link.peer.addresses))
        self._used.clear()
        async with asyncio.TaskGroup() as group:
            for number in range(paths):
                group.create_task(self._path(), name=f"path {number + 1} to {self._link.domain}")

    async def _path(self) -> None:
        backoff = Backoff(self._settings.link_retry_s, self._settings.link_retry_max_s)
        while True:
            address = self._best()
            self._used.add(address)
            try:
                await self._visit(address, backoff)
            except OverlayError as error:
                self._counters[f"dial-{error.reason}"] += 1
                refused = isinstance(error, Refused)
                self._link.failed(str(address), f"cannot link: {error}", refused=refused)
            finally:
                self._used.discard(address)
            await backoff.wait()
            while self._link.leaving:
                self._link.told.clear()
                await self._link.told.wait()

    def _best(self) -> BrokerAddress:
        now, losses = time.monotonic(), self._link.losses
        free = [address for address in self._link.peer.addresses if address not in self._used]
        return min(free, key=lambda address: losses[str(address)].recent(now))

    async def _visit(self, address: BrokerAddress, backoff: Backoff) -> None:
        transport = await self._connect(replace(self._link.peer, addresses=(address,)))
        settings, clock, counters = self._settings, self._clock, self._counters
        visit = Visit(self._me, self._traffic, transport, str(address), settings, clock, counters)
        try:
            async with beside(_lost(transport)):
                line = await visit.arrive()
                backoff.reset()
                await visit.stay(line)
        finally:
            await transport.close()


async def _lost(transport: Transport) -> None:
    await transport.closed()
    raise Unreachable("the connection to the peer's broker was closed")
