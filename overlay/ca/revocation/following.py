"""Keeps one process in step with what its CA revokes: by the CA's news, and by asking for what is missing."""

from __future__ import annotations

import asyncio
import logging
import random

from overlay.ca.client import CaClient
from overlay.ca.revocation.denials import Denials, open_denied
from overlay.ca.revocation.protocol import NEWS
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError, Unreachable
from overlay.naming.ids import CA
from overlay.trust.identity import Role

_log = logging.getLogger("overlay.ca")
_random = random.SystemRandom()


class Following:
    """For one endpoint, from when it is made. `run` beside it fetches what was missed."""

    def __init__(self, endpoint: Endpoint, *, from_now: bool = False) -> None:
        """`from_now`: what was revoked before is known by another way, and not fetched."""
        self._endpoint = endpoint
        self._client = CaClient(endpoint)
        self._denials = Denials(endpoint.trust, from_now=from_now)
        self._spread_s = endpoint.settings.denied_fetch_spread_s
        self._retry_s = endpoint.settings.heartbeat_retry_s
        self._missing = asyncio.Event()
        if not from_now:
            self._missing.set()
        endpoint.on_news(NEWS, CA, self._heard)

    @property
    def epoch(self) -> int:
        """Up to which of the CA's revocations nothing is missing here."""
        return self._denials.epoch

    async def catch_up(self) -> None:
        """Ask the CA for what is missing. Raises Untrusted, also for an old list; Unavailable."""
        while True:
            asked_at = self._denials.newest
            page = await self._client.denied_after(self._denials.epoch)
            self._denials.take(page, asked_at)  # news may have come meanwhile
            self._end_if_revoked()
            if page.upto >= page.epoch and self._denials.complete:
                self._missing.clear()
                return

    async def run(self) -> None:
        """Fetch what was missed, until cancelled; not all parties at the same moment, but at the start."""
        spread_s = 0.0
        while True:
            if not self._missing.is_set():
                spread_s = self._spread_s
                await self._missing.wait()
            await asyncio.sleep(_random.uniform(0, spread_s))
            self._missing.clear()
            try:
                await self.catch_up()
            except OverlayError as error:
                _log.warning("what was revoked meanwhile is not known yet: %s", error)
                self._missing.set()
                await asyncio.sleep(self._retry_s)

    def _heard(self, statement: bytes) -> None:
        endpoint = self._endpoint
        page, by = open_denied(statement, endpoint.trust, endpoint.party.clock())
        self._denials.take(page, by=by)
        self._end_if_revoked()
        if not self._denials.complete:
            self._missing.set()

    def _end_if_revoked(self) -> None:
        endpoint = self._endpoint
        if endpoint.trust.denies(endpoint.me.domain, endpoint.identity.serial):
            again = (
                f"if that was wrong, the operator brings it back with `overlay ca restore {endpoint.me.name}`"
                if endpoint.identity.role is Role.AGENT
                else "it has another by now, or gets one with `overlay ca rekey`"
            )
            endpoint.end(Unreachable(f"the certificate of {endpoint.me} was revoked: {again}"))
