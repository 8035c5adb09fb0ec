"""What a revocation does to the domain: everybody is told, connections are closed, the entry goes (CA-8)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from weakref import WeakValueDictionary

from overlay.ca.authority import Authority
from overlay.ca.entries import Certificate
from overlay.ca.intake import Intake
from overlay.ca.protocol import DENIED_KIND
from overlay.ca.revocation.protocol import NEWS
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import REGISTRY
from overlay.registry import protocol as registry
from overlay.trust.identity import Identity
from overlay.trust.serials import parse_serial, serial_text
from overlay.trust.signed import make_signed
from overlay.wire.request import encode_struct

_log = logging.getLogger("overlay.ca")


class Fence:
    """Ends the access of certificates that the CA's store says are revoked, each until it is done: what could
    not be done now, the next `tell` tries again.
    """

    def __init__(self, endpoint: Endpoint, authority: Authority, intake: Intake) -> None:
        self._endpoint = endpoint
        self._authority = authority
        self._store = authority.store
        self._intake = intake
        self._timeout_s = endpoint.settings.ca_tell_s
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(endpoint.settings.ca_tell_at_once)
        self._announcing = asyncio.Lock()
        self._announced = 0
        self._put_out_already: set[str] = set()

    def begin(self) -> None:
        """After a start: deny what is revoked; who is not told of it yet will be by the next `tell`."""
        for serial in self._authority.denied().serials:
            self._endpoint.trust.deny(self._authority.domain, parse_serial(serial))
        revocations = self._store.revocations
        waiting = [found.epoch for item in self._store.untold() if (found := revocations.of(item.serial))]
        self._announced = min(waiting) - 1 if waiting else revocations.last()

    async def tell(self, names: Collection[str] = ()) -> None:
        """Returns when everything was tried for each revocation (of `names` only, if given) that waits."""
        waiting = [item for item in self._store.untold() if not names or item.identity.party.name in names]
        for item in waiting:
            self._endpoint.trust.deny(self._authority.domain, parse_serial(item.serial))
        await asyncio.gather(self._announce(), *(self._end(item) for item in waiting))

    async def _announce(self) -> None:
        """To every process of the domain at once, in one statement; who misses it sees a gap at the next."""
        async with self._announcing:
            while self._announced < self._store.revocations.last():
                page = self._authority.denied_after(self._announced)
                credentials = self._endpoint.party.credentials
                statement = make_signed(DENIED_KIND, encode_struct(page), credentials)
                try:
                    async with asyncio.timeout(self._timeout_s):
                        await self._endpoint.tell_news(NEWS, statement)
                except (OverlayError, TimeoutError) as error:
                    _log.warning("epoch %s of what is revoked is not told yet: %s", page.upto, error)
                    return
                self._announced = page.upto

    async def _end(self, item: Certificate) -> None:
        identity = item.identity
        turn = self._turns.setdefault(identity.party.name, asyncio.Lock())
        async with turn, self._room:
            if not self._store.is_untold(item.serial):
                return
            try:
                await self._end_access(identity)
            except OverlayError as error:
                _log.warning("revocation of %s is not told yet: %s", item.serial, error)
            else:
                self._store.mark_told(item.serial)
                self._put_out_already.discard(item.serial)

    async def _end_access(self, identity: Identity) -> None:
        """Broker and registry side by side: neither waits for the other, nor fails with it."""
        self._endpoint.forget(identity.party)
        outcomes = await asyncio.gather(
            self._put_out(identity), self._deregister(identity), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _put_out(self, identity: Identity) -> None:
        """Once: on RabbitMQ that closes all connections of the name. If the registry does not answer since it
        was its own certificate, its next process must not be put out again and again.
        """
        serial = serial_text(identity.serial)
        if serial in self._put_out_already:
            return
        await self._intake.put_out(identity)
        for other in self._store.valid_of(identity.party.name, self._authority.clock()):
            await self._intake.take_in(other.identity)
        self._put_out_already.add(serial)

    async def _deregister(self, identity: Identity) -> None:
        ask = encode_struct(registry.Expel(identity.party.name, serial_text(identity.serial)))
        await self._endpoint.ask_service(REGISTRY, registry.Op.EXPEL, ask, timeout_s=self._timeout_s)
