"""Which agents are ours: follows the registry, reviews each (GW-1), asks again about one not known."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable

from bridges.border.review import Attached, review
from bridges.ports import RegistryPort
from bridges.routing.routes import Routes
from overlay.clock import Clock
from overlay.errors import OverlayError
from overlay.naming.ids import SESSIONS, PartyId
from overlay.registry.peers.protocol import Changes
from overlay.registry.record import Record
from overlay.settings import Settings
from overlay.trust.serials import serial_text

_log = logging.getLogger(__name__)


class Roster:
    """Our agents, in `Routes`. One whose record is not proved has no access, and no peer hears of it."""

    def __init__(
        self, routes: Routes, registry: RegistryPort, settings: Settings, clock: Clock, counters: Counter[str]
    ) -> None:
        self._routes = routes
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._attached: dict[str, Attached] = {}
        self._refused: dict[str, str] = {}
        self._log = ""
        self._version = 0
        self._asked = float("-inf")
        self._asking = asyncio.Lock()
        self._listeners: set[asyncio.Event] = set()
        self._alarmed: set[asyncio.Event] = set()

    def __len__(self) -> int:
        """How many agents have access, besides the domain's own, which is not counted among its agents."""
        return len(self._attached) - (SESSIONS in self._attached)

    @property
    def refused(self) -> dict[str, str]:
        """Who is registered and has no access, and why."""
        return dict(self._refused)

    def knows(self, name: str) -> bool:
        """Whether this is an agent of ours, as far as we know."""
        return self._routes.attached(name)

    def get(self, name: str) -> Attached | None:
        """What we know of an agent of ours."""
        return self._attached.get(name)

    def organisation_of(self, name: str) -> str:
        """Of an agent of ours, by its certificate; empty: none, or it is not known."""
        attached = self._attached.get(name)
        return attached.identity.attributes.organisation if attached else ""

    def takes_of(self, name: str) -> float:
        """How many messages a second an agent of ours takes, by its own word; 0: it did not say."""
        attached = self._attached.get(name)
        return attached.access.takes_per_s if attached else 0.0

    async def finds(self, there: Callable[[], bool], since: float) -> bool:
        """Whether somebody is `there`, as far as we know; asks the registry first, unless it was asked after
        `since` (of `time.monotonic`): one question serves all who wait. Raises OverlayError when it does not
        answer.
        """
        if there():
            return True
        async with self._asking:
            if not there() and self._asked <= since:
                wait_s = self._asked + self._settings.gateway_lookup_s - time.monotonic()
                await asyncio.sleep(max(0.0, wait_s))
                asked = time.monotonic()
                await self._catch_up(0.0)
                self._asked = asked
        return there()

    async def follow(self) -> None:
        """Keep up with the registry, until cancelled. Raises OverlayError when it does not answer."""
        while True:
            await self._catch_up(self._settings.gateway_poll_s)

    def fence(self) -> None:
        """Those whose certificates ended or were revoked have no access any more (CA-8)."""
        now, skew_s = self._clock(), self._settings.clock_skew_s
        for name, attached in list(self._attached.items()):
            if self._registry.denies(self._routes.domain, attached.identity.serial):
                self._refuse(name, "revoked", "its certificate was revoked")
            elif attached.ends(now, skew_s):
                self._refuse(name, "expired", "its certificate has ended")

    def proved(self, record: Record) -> bool:
        """Whether a peer may hear of this record. What was reviewed here is not reviewed again."""
        known = self._attached.get(record.party.partition("@")[0])
        if known is not None and serial_text(known.identity.serial) == record.serial:
            return True
        try:
            self._review(record)
        except OverlayError:
            return False
        return True

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
            page = await self._registry.changes(log, version, wait_s, access=True)
            if (log, version) != (self._log, self._version):
                return
            self._take(page)
            log, version, more, wait_s = self._log, self._version, page.more, 0.0

    def _take(self, page: Changes) -> None:
        if page.full:
            self._routes.detach_all()
            self._attached.clear()
            self._refused.clear()
        for record in page.records:
            self._look_at(record)
        for party in page.gone:
            self._detach(PartyId.parse(party).name)
        if (self._log, self._version) != (page.log, page.version):
            self._log, self._version = page.log, page.version
            for event in (*self._listeners, *(self._alarmed if page.denied else ())):
                event.set()

    def _look_at(self, record: Record) -> None:
        try:
            attached = self._review(record)
        except OverlayError as error:
            self._refuse(record.party.partition("@")[0], error.reason, str(error))
            return
        name, before = attached.identity.party.name, self._attached.get(attached.identity.party.name)
        self._attached[name] = attached
        self._refused.pop(name, None)
        self._routes.attach(name)
        if before is None or before.identity.serial != attached.identity.serial:
            self._counters["access-granted"] += 1
            _log.info("%s has access, by certificate %s", record.party, record.serial)

    def _review(self, record: Record) -> Attached:
        return review(record, self._registry.proves(record), self._routes.domain)

    def _refuse(self, name: str, reason: str, why: str) -> None:
        self._detach(name)
        self._refused[name] = why
        self._counters[f"access-refused-{reason}"] += 1
        _log.warning("%s@%s has no access: %s", name, self._routes.domain, why)

    def _detach(self, name: str) -> None:
        self._routes.detach(name)
        self._attached.pop(name, None)
        self._refused.pop(name, None)
