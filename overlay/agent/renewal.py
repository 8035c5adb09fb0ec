"""The certificate of an agent is renewed well before it ends, by the agent itself (CA-5).

The processes of an agent share its folder. One of them asks the CA and saves the answer; each goes on with
what is saved over a second connection of its own, one process after the other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from overlay.agent.new_certificate import check_not_expired, date_of, renew
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.errors import BadInput, BadSettings, OverlayError, Refused
from overlay.patience import comes_within
from overlay.private_files import read_private
from overlay.trust.credentials import sealing_from_pem
from overlay.trust.keys import SealingKey
from overlay.trust.renewal_time import renewal_due
from overlay.turn import turn

_log = logging.getLogger(__name__)
_DOUBLED = 6
"""How often the wait after a failure is doubled at the most."""
_PART_OF_THE_REST = 8
"""A wait is never longer than this part of the time that is left."""


class Renewal:
    """For one process of an agent. Keep `run` running beside its endpoint.

    `announce` enters the new key card in the registry.
    """

    def __init__(self, endpoint: Endpoint, home: Home, announce: Callable[[], Awaitable[object]]) -> None:
        self._endpoint = endpoint
        self._home = home
        self._announce = announce
        self._settings = endpoint.settings
        self._look = asyncio.Event()
        self._failures = 0
        endpoint.use_sealing_keys(_News(home))

    def look(self) -> None:
        """Look now whether there is something to do."""
        if not self._failures:
            self._look.set()

    async def run(self) -> None:
        """Look every `Settings.renew_check_s`, and renew when it is due. What fails is tried again, later and
        later. Raises Expired when the certificate has ended, saying what to do.
        """
        while True:
            try:
                await self.check()
                self._failures = 0
            except OverlayError as error:
                self._failed(error)
            await comes_within(self._look, self._wait_s())
            self._look.clear()

    async def check(self) -> bool:
        """Renew if it is due, or go on with what another process saved. Returns whether there was something
        to do. Raises what `now` raises.
        """
        if not self._is_due() and not self._is_behind(self._saved()):
            return False
        await self.now()
        return True

    async def now(self) -> None:
        """Renew, unless another process just did; returns when we speak with the new certificate. Raises
        BadSettings (the folder), Refused (by the CA), Unavailable, BadCertificate.
        """
        async with turn(self._home.lock):
            saved = self._saved()
            if not self._is_behind(saved):
                saved = await renew(self._endpoint, self._home)
            await self._endpoint.renew(saved.credentials, saved.tls)
            _log.info("%s goes on with certificate %x", self._endpoint.me, self._endpoint.identity.serial)
            await self._try_announce()
            await self._endpoint.alone()  # before the next process needs a second connection

    async def _try_announce(self) -> None:
        try:
            await self._announce()
        except OverlayError as error:  # the next heartbeat brings it
            _log.warning("the registry does not know our new certificate yet: %s", error)

    def _saved(self) -> Party:
        return self._home.load(self._settings, self._endpoint.party.clock)

    def _is_behind(self, saved: Party) -> bool:
        newest, ours = saved.credentials.identity, self._endpoint.identity
        return newest.serial != ours.serial and newest.not_after >= ours.not_after

    def _is_due(self) -> bool:
        party = self._endpoint.party
        roots = party.domain_card.bundle.roots
        return renewal_due(party.credentials.certificate, roots, party.clock(), self._settings)

    def _failed(self, error: OverlayError) -> None:
        self._failures += 1
        check_not_expired(self._endpoint.party, self._home, error)
        end = date_of(self._endpoint.identity.not_after)
        level = logging.ERROR if isinstance(error, Refused) else logging.WARNING
        text = "the certificate of %s, which ends on %s, is not renewed yet; we try again: %s"
        _log.log(level, text, self._endpoint.me, end, error)

    def _wait_s(self) -> float:
        party, usual_s = self._endpoint.party, self._settings.renew_check_s
        left_s = max(0.0, party.credentials.identity.not_after - party.clock())
        wait_s = usual_s * (1 << min(self._failures, _DOUBLED))
        return min(wait_s, max(usual_s, left_s / _PART_OF_THE_REST))


class _News:
    """Sealing keys that another process saved: read only when the file has changed."""

    def __init__(self, home: Home) -> None:
        self._file = home.sealing
        self._seen = -1

    def __call__(self) -> Sequence[SealingKey]:
        try:
            changed = self._file.stat().st_mtime_ns
            if changed == self._seen:
                return ()
            keys = sealing_from_pem(read_private(self._file))
        except (OSError, BadSettings, BadInput) as error:
            _log.warning("our sealing keys cannot be read again: %s", error)
            return ()
        self._seen = changed
        return keys
