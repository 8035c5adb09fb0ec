"""What peers revoked, told to every process of our domain at once (CA-6)."""

from __future__ import annotations

import asyncio
import logging

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.registry.denials import Denials
from overlay.registry.protocol import DENIED_KIND, NEWS
from overlay.registry.state import State
from overlay.trust.signed import make_signed
from overlay.wire.request import encode_struct

_log = logging.getLogger("overlay.registry")


class DenialNews:
    """Call it when a peer told of a revocation. Each process of the registry tells what it has not told
    itself; who hears it twice knows it already, and who misses it hears it with its next heartbeat.
    """

    def __init__(self, endpoint: Endpoint, state: State, denials: Denials) -> None:
        self._endpoint = endpoint
        self._state = state
        self._denials = denials
        self._told = denials.last

    async def __call__(self) -> None:
        """When it cannot be told now, it is told with the next."""
        log, more = self._state.log, True
        while more:
            page = self._denials.page(log, log, self._told)
            if not page.denied:
                return
            statement = make_signed(DENIED_KIND, encode_struct(page), self._endpoint.party.credentials)
            try:
                async with asyncio.timeout(self._endpoint.settings.ca_tell_s):
                    await self._endpoint.tell_news(NEWS, statement)
            except (OverlayError, TimeoutError) as error:
                _log.warning("what a peer revoked is not told yet: %s", error)
                return
            self._told, more = max(self._told, page.denied[-1].number), page.more
