"""Whether other domains are still believed by ours: a peering ends, an introduction lapses (GW-6, GW-12)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import NotFound, OverlayError
from overlay.trust.bundle import TrustBundle

_log = logging.getLogger(__name__)
BundleOf = Callable[[str], Awaitable[TrustBundle]]


class RootsCheck:
    """For one process. `bundle_of` asks the registry: it raises NotFound for a domain that counts no more."""

    def __init__(self, endpoint: Endpoint, bundle_of: BundleOf) -> None:
        self._endpoint = endpoint
        self._bundle_of = bundle_of

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while True:
            await asyncio.sleep(self._endpoint.settings.far_check_s)
            await self.look()

    async def look(self) -> None:
        """Now. What the registry cannot say now stays as it is."""
        trust = self._endpoint.trust
        for domain in sorted(trust.domains - {trust.own}):
            try:
                bundle = await self._bundle_of(domain)
            except NotFound:
                _log.info("%s is not believed any more", domain)
                self._endpoint.forget_domain(domain)
            except OverlayError as error:
                _log.info("whether %s is still believed is not known now: %s", domain, error)
            else:
                if domain in trust.domains and bundle.roots != trust.bundle(domain).roots:
                    self._endpoint.learn_bundle(bundle)
