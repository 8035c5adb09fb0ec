"""A party of the domain itself renews its certificate in time, and goes on with it (CA-5)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from overlay.ca.client import CaClient
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.rounds import rounds
from overlay.trust.credentials import Credentials
from overlay.trust.issuing import make_csr
from overlay.trust.renewal_time import renewal_due

_log = logging.getLogger(__name__)
Renewed = Callable[[Credentials], Awaitable[None]]


async def nobody_told(_: Credentials) -> None:
    """Where a renewed certificate concerns nobody else."""


class OwnRenewal:
    """The key stays: `certificate.pem` alone is replaced, in one step, so a crash leaves a whole party."""

    def __init__(self, endpoint: Endpoint, home: Home, renewed: Renewed = nobody_told) -> None:
        self._endpoint = endpoint
        self._home = home
        self._renewed = renewed
        self._told_of = endpoint.identity.serial

    async def run(self) -> None:
        """Every `Settings.renew_check_s`, until cancelled."""
        every_s = self._endpoint.settings.renew_check_s
        await rounds(self.look, every_s, _log, f"{self._endpoint.me} is not renewed yet")

    async def look(self) -> None:
        """Renew if it is due. Raises Refused, Unavailable: then look again."""
        endpoint = self._endpoint
        if self._due(endpoint.party.credentials):
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
        certificate = await CaClient(self._endpoint).renew(make_csr(own.key, own.party))
        fresh = replace(own, certificate=certificate, roots=party.domain_card.bundle.roots)
        self._home.save_certificate(fresh)
        return fresh
