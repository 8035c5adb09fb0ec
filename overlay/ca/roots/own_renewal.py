"""A party of the domain itself renews its certificate in time, and goes on with it (CA-5)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from overlay.ca.client import CaClient
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.rounds import rounds
from overlay.errors import Refused
from overlay.trust.credentials import Credentials
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from overlay.trust.renewal_time import renewal_due
from overlay.turn import turn

_log = logging.getLogger(__name__)
Renewed = Callable[[Credentials], Awaitable[None]]


async def nobody_told(_: Credentials) -> None:
    """Where a renewed certificate concerns nobody else."""


class OwnRenewal:
    """With a new key each time; one of our processes after the other. A crash leaves a whole party."""

    def __init__(self, endpoint: Endpoint, home: Home, renewed: Renewed = nobody_told) -> None:
        self._endpoint = endpoint
        self._home = home
        self._renewed = renewed
        self._asked_for: SigningKey | None = None
        self._told_of = endpoint.identity.serial

    async def run(self) -> None:
        """Every `Settings.renew_check_s`, until cancelled."""
        every_s = self._endpoint.settings.renew_check_s
        await rounds(self.look, every_s, _log, f"{self._endpoint.me} is not renewed yet")

    async def look(self) -> None:
        """Renew if it is due. Raises Refused, Unavailable: then look again."""
        endpoint = self._endpoint
        if self._due(endpoint.party.credentials):
            async with turn(self._home.lock):
                kept = self._home.load(endpoint.settings).credentials  # of an attempt that went halfway
                fresh = await self._ask() if self._due(kept) else kept
            await endpoint.renew(fresh)
            _log.info("%s goes on with certificate %x", endpoint.me, fresh.identity.serial)
        if self._told_of != endpoint.identity.serial:
            await self._renewed(endpoint.party.credentials)
            self._told_of = endpoint.identity.serial

    def _due(self, own: Credentials) -> bool:
        party = self._endpoint.party
        return renewal_due(own.certificate, party.domain_card.bundle.roots, party.clock(), party.settings)

    async def _ask(self) -> Credentials:
        party = self._endpoint.party
        own = party.credentials
        key = self._asked_for or SigningKey.generate()
        self._asked_for = key  # for which the CA gives the same answer again, if this one is lost
        try:
            certificate = await CaClient(self._endpoint).renew(make_csr(key, own.party))
        except Refused:
            self._asked_for = None
            raise
        fresh = Credentials(certificate, key, own.sealing, party.domain_card.bundle.roots)
        self._home.save_rekeyed(fresh)
        self._asked_for = None
        return fresh
