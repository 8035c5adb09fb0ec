"""The processes of our own gateway: which live, which of them reaches a peer, and who does what (GW-23)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from bridges.frames.frame import Processes
from bridges.links.link import Link
from bridges.ports import RegistryPort
from overlay.errors import OverlayError, TimedOut
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcess
from overlay.settings import Settings
from overlay.transport.contract import OnError

_TIMES = 6
"""How often a sign of life is given in the time after which a process counts as gone."""


class Siblings:
    """As our registry knows them. `process`: set it when our own slot is known."""

    def __init__(
        self, registry: RegistryPort, links: Mapping[str, Link], settings: Settings, on_error: OnError
    ) -> None:
        self.process = ""
        self._registry = registry
        self._links = links
        self._settings = settings
        self._on_error = on_error
        self._alive: tuple[GatewayProcess, ...] = ()
        self._leaving = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._ask()
            await asyncio.sleep(self._settings.gateway_gone_s / _TIMES)

    def told(self) -> Processes:
        """What peers hear of us."""
        slots = {process.process for process in self._alive} | {self.process}
        if self._leaving:
            slots.discard(self.process)
        return Processes(tuple(sorted(slots)), self._leaving)

    def reach(self, domain: str) -> bool:
        """Whether another process of ours has a line to this peer."""
        return any(domain in other.linked for other in self._others)

    def leads(self, domain: str) -> bool:
        """Whether it is ours to learn what this peer says: one process does, the oldest that has a line."""
        having = [process.process for process in self._alive if domain in process.linked]
        return not having or having[0] == self.process

    async def joined(self) -> None:
        """Returns when we have lines to all peers that others of us reach, or after `gateway_join_s`."""
        await self._ask()
        try:
            async with asyncio.timeout(self._settings.gateway_join_s):
                while self._missing():
                    await asyncio.sleep(self._settings.link_look_s)
        except TimeoutError:
            missing = ", ".join(sorted(self._missing()))
            late = TimedOut(f"none with {missing} within {self._settings.gateway_join_s:g} s: work is taken")
            self._on_error("waiting for lines to the peers that other processes reach", late)

    async def leave(self) -> None:
        """We end: all peers, the registry and by it the others do without us from now on. The registry is not
        waited for longer than `gateway_leave_s`: without our word it finds out by itself.
        """
        self._leaving = True
        self._tell()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.gateway_leave_s):
                await self._ask()

    @property
    def _others(self) -> list[GatewayProcess]:
        return [process for process in self._alive if process.process != self.process]

    def _missing(self) -> list[str]:
        return [domain for domain, link in self._links.items() if self.reach(domain) and not link.online]

    async def _ask(self) -> None:
        linked = tuple(sorted(domain for domain, link in self._links.items() if link.online))
        before = self.told().slots
        try:
            alive = await self._registry.gateway_alive(GatewayAlive(self.process, linked, self._leaving))
        except OverlayError as error:
            self._on_error("telling the registry that this process of the gateway is alive", error)
            return
        self._alive = tuple(alive)
        if self.told().slots != before:
            self._tell()

    def _tell(self) -> None:
        for link in self._links.values():
            for line in link.lines:
                if not line.over:
                    line.post(self.told())
