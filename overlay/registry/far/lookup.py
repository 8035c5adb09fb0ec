"""Finding domains and agents that no peer of ours told of: our gateway asks, this proves and remembers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec

from overlay.clock import Clock
from overlay.errors import NotFound, OverlayError, Refused, Unavailable, Untrusted
from overlay.naming.ids import PartyId, check_name
from overlay.registry.far.believed import FarBelieved
from overlay.registry.far.hearing import FarHearing
from overlay.registry.far.protocol import FarFound, LookUp
from overlay.registry.far.remembered import Remembered
from overlay.registry.peers.foreign import check_home, proved
from overlay.registry.peers.protocol import Bundle
from overlay.registry.record import Record, without_access
from overlay.registry.registration.claims import UNVETTED
from overlay.settings import Settings
from overlay.trust.keycard import open_card

_log = logging.getLogger("overlay.registry")
Ask = Callable[[LookUp], Awaitable[FarFound]]
"""Our gateway. Raises NotFound, Refused, Unavailable."""
Tell = Callable[[], Awaitable[None]]


class FarLookup:
    """`ask` and `tell_denied` are set when the registry is connected; without, nobody far is found."""

    def __init__(self, believed: FarBelieved, hearing: FarHearing, settings: Settings, clock: Clock) -> None:
        self.ask: Ask | None = None
        self.tell_denied: Tell | None = None
        """Tells our domain at once what a far domain revoked."""
        self.remembered = Remembered(settings, clock)
        self._believed = believed
        self._hearing = hearing
        self._settings = settings
        self._clock = clock
        self._asking: dict[str, asyncio.Lock] = {}
        self._used: dict[str, float] = {}
        self._asked: dict[str, float] = {}

    async def bundle(self, domain: str) -> Bundle:
        """The roots of a far domain. Raises NotFound, Unavailable."""
        self._used[domain] = self._clock()
        if self._believed.get(domain) is None:
            await self._once(domain, lambda: self._believed.get(domain) is not None)
        return self._believed.bundle(domain)

    async def record(self, party: PartyId) -> Record:
        """Of an agent of a far domain. Raises NotFound, Unavailable."""
        self._used[party.domain] = self._clock()
        found = self._remembered(party)
        if found is None:
            await self._once(str(party), lambda: self._remembered(party) is not None)
            found = self._remembered(party)
        if found is None:
            raise NotFound(f"{party} was not found, or is not proved by what is believed of {party.domain}")
        return found

    async def refresh(self) -> None:
        """Ask again for the roots and revocations of those that are in use. What fails is logged."""
        now, settings = self._clock(), self._settings
        for far in self._believed.all():
            used = now - self._used.get(far.domain, 0.0) < settings.far_roots_s
            due = now - self._asked.get(far.domain, 0.0) >= settings.far_refresh_s
            if due and (used or not far.by):
                try:
                    await self._find(far.domain, "")
                except OverlayError as error:
                    _log.info("%s is not asked for anew: %s", far.domain, error)
        known = {far.domain for far in self._believed.all()}
        for times in (self._used, self._asked):
            for domain in [domain for domain in times if domain not in known]:
                del times[domain]

    async def run(self) -> None:
        """Refresh, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.far_refresh_s / 4)
            await self.refresh()

    def _remembered(self, party: PartyId) -> Record | None:
        """If it is proved by what is believed now."""
        record = self.remembered.get(str(party))
        if record is None or self._believed.get(party.domain) is None:
            return None
        try:
            open_card(record.card, self._believed.trust(party.domain), self._clock())
        except OverlayError:
            return None
        return record

    async def _once(self, what: str, known: Callable[[], bool]) -> None:
        """One look-up at a time for each name; those who wait then find its result."""
        self.remembered.check_missing(what)
        name, at, domain = what.rpartition("@")
        async with self._turn(what):
            if known():
                return
            self.remembered.check_missing(what)
            try:
                await self._find(domain, name if at else "")
            except (Refused, Untrusted) as error:
                self.remembered.miss(what, str(error))
                raise NotFound(str(error)) from error

    async def _find(self, domain: str, name: str) -> None:
        """Raises Refused, Unavailable, Untrusted."""
        if self.ask is None or not self._believed.has_peers():
            raise NotFound(self._believed.unknown(domain))
        self._asked[domain] = self._clock()
        try:
            async with asyncio.timeout(self._settings.far_timeout_s):
                found = await self.ask(LookUp(domain, name))
        except TimeoutError as error:
            raise Unavailable(f"nobody said in time who {domain} is (far_timeout_s)") from error
        except NotFound as error:
            if name and self._believed.get(domain) is not None:
                raise
            raise NotFound(f"{error}. {self._believed.unknown(domain)}") from error
        told = found.told
        if told.domain != domain:
            raise Refused(f"our gateway was told of {told.domain} where {domain} was asked for")
        before = self._believed.get(domain)
        try:
            await self._hear(found)
        except (Refused, Untrusted) as error:
            if before is None:
                raise
            _log.warning("what %s says of the roots of %s does not count: %s", found.by, domain, error)
        new = await self._hearing.hear_denied(domain, told.denied)
        if new and self.tell_denied is not None:
            await self.tell_denied()
        if name:
            self._keep(domain, check_name(name), told.record, told.gateway)

    async def _hear(self, found: FarFound) -> None:
        domain = found.told.domain
        before = self._believed.get(domain)
        if found.told.bundle:
            after = await self._hearing.hear(found.by, found.told)
            if before is None or after.bundle != before.bundle:
                self.remembered.forget_domain(domain)
        elif before is None:
            raise NotFound(self._believed.unknown(domain))

    def _keep(self, domain: str, name: str, record: Record | None, gateway: str) -> None:
        party = PartyId.of(name, domain)
        if record is None or record.party != str(party):
            raise NotFound(f"{domain} has no agent {name}, or does not tell us of it")
        check_home(record, domain)
        now = self._clock()
        identity = open_card(record.card, self._believed.trust(domain), now).identity
        good = proved(record, identity, UNVETTED, self._settings)
        via = str(PartyId.of(gateway, domain))
        self.remembered.put(msgspec.structs.replace(without_access(good), gateway=via, heard_at=now))

    @asynccontextmanager
    async def _turn(self, what: str) -> AsyncIterator[None]:
        lock = self._asking.setdefault(what, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked() and self._asking.get(what) is lock:
                del self._asking[what]
