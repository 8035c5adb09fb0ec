"""Follows where the members of channels are, as our registry says."""

from __future__ import annotations

import asyncio

from bridges.multicast.forest import Forest
from bridges.multicast.wishes import Wishes
from bridges.ports import RegistryPort
from overlay.channels.protocol import Route
from overlay.naming.ids import PartyId


class ChannelFollowing:
    """Run it again when it failed."""

    def __init__(
        self, registry: RegistryPort, forest: Forest, wishes: Wishes, here: str, wait_s: float
    ) -> None:
        self._registry = registry
        self._forest = forest
        self._wishes = wishes
        self._here = here
        self._wait_s = wait_s
        self._known: dict[str, Route] = {}
        self._log = ""
        self._version = 0
        self.told = asyncio.Event()
        """Set once all is known that our registry knew at the beginning."""

    async def run(self) -> None:
        """Until cancelled. Raises OverlayError when the registry does not answer."""
        more = False
        while True:
            wait_s = 0.0 if more else self._wait_s
            told = await self._registry.channel_routes(self._log, self._version, wait_s)
            more = told.more
            if told.full:
                self._known.clear()
            for route in told.routes:
                if route.local or route.domains:
                    self._known[route.channel] = route
                else:
                    self._known.pop(route.channel, None)
            if (self._log, self._version) != (told.log, told.version):
                self._log, self._version = told.log, told.version
                self._tell()
            if not more:
                self.told.set()

    def _tell(self) -> None:
        local = [channel for channel, route in self._known.items() if route.local]
        homes = {
            channel: route.domains
            for channel, route in self._known.items()
            if PartyId.parse(channel).domain == self._here
        }
        self._forest.use_local(local, homes)
        self._wishes.look()
