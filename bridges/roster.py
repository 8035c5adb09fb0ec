"""Which agents are ours: follows the registry, and asks it again about one that it does not know."""

from __future__ import annotations

import asyncio
import time

from bridges.ports import RegistryPort
from bridges.routes import Routes
from overlay.errors import BadName
from overlay.naming.ids import PartyId
from overlay.registry.protocol import Changes
from overlay.settings import Settings


class Roster:
    """Our agents, in `Routes`."""

    def __init__(self, routes: Routes, registry: RegistryPort, settings: Settings) -> None:
        self._routes = routes
        self._registry = registry
        self._settings = settings
        self._log = ""
        self._version = 0
        self._asked = float("-inf")
        self._asking = asyncio.Lock()
        self._listeners: set[asyncio.Event] = set()
        self._alarmed: set[asyncio.Event] = set()

    def knows(self, name: str) -> bool:
        """Whether this is an agent of ours, as far as we know."""
        return self._routes.attached(name)

    async def finds(self, name: str, since: float) -> bool:
        """The same; asks the registry first, unless it was asked after `since` (of `time.monotonic`): one
        question serves all who wait. Raises OverlayError when it does not answer.
        """
        if self.knows(name):
            return True
        async with self._asking:
            if not self.knows(name) and self._asked <= since:
                wait_s = self._asked + self._settings.gateway_lookup_s - time.monotonic()
                await asyncio.sleep(max(0.0, wait_s))
                asked = time.monotonic()
                await self._catch_up(0.0)
                self._asked = asked
        return self.knows(name)

    async def follow(self) -> None:
        """Keep up with the registry, until cancelled. Raises OverlayError when it does not answer."""
        while True:
            await self._catch_up(self._settings.gateway_poll_s)

    def listen(self, event: asyncio.Event, urgent: asyncio.Event) -> None:
        """From now on set `event` whenever something changed; `urgent` too when somebody was revoked."""
        self._listeners.add(event)
        self._alarmed.add(urgent)

    def unlisten(self, event: asyncio.Event, urgent: asyncio.Event) -> None:
        """No more."""
        self._listeners.discard(event)
        self._alarmed.discard(urgent)

    async def _catch_up(self, wait_s: float) -> None:
        log, version = self._log, self._version
        more = True
        while more:
            page = await self._registry.changes(log, version, wait_s)
            if (log, version) != (self._log, self._version):
                return
            self._take(page)
            log, version, more, wait_s = self._log, self._version, page.more, 0.0

    def _take(self, page: Changes) -> None:
        if page.full:
            self._routes.detach_all()
        for record in page.records:
            self._routes.attach(_name(record.party, self._routes.domain))
        for party in page.gone:
            self._routes.detach(_name(party, self._routes.domain))
        if (self._log, self._version) != (page.log, page.version):
            self._log, self._version = page.log, page.version
            for event in (*self._listeners, *(self._alarmed if page.denied else ())):
                event.set()


def _name(party: str, domain: str) -> str:
    parsed = PartyId.parse(party)
    if parsed.domain != domain:
        raise BadName(f"the registry of {domain} answered with {party}")
    return parsed.name
