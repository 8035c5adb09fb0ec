"""An agent's credentials: its own, shown where they are wanted, and those of others, verified (CA-9)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.sources import follow_ended, verifier_at
from overlay.credentials.wallet import FOLDER, Wallet
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.rounds import rounds
from overlay.errors import OverlayError

_log = logging.getLogger(__name__)


class Papers:
    """Of the agent whose folder is `home`; its endpoint uses them from now on. Keep `run` running: holders
    show the newest status list along with a credential, since verifiers of other domains do not reach the
    CA to ask it. Raises BadSettings.
    """

    def __init__(self, endpoint: Endpoint, home: Path) -> None:
        self._endpoint = endpoint
        self._ca = CredentialClient(endpoint)
        self.wallet = Wallet(home / FOLDER, endpoint.settings, endpoint.party.clock)
        self._filling = asyncio.Lock()
        self._asked_at = float("-inf")
        endpoint.use_wallet(self)
        endpoint.gate.use_proofs(verifier_at(endpoint))
        follow_ended(endpoint)

    async def of_types(self, types: Collection[str]) -> list[str]:
        """What to show where one of these types is wanted. When there is nothing, the CA is asked first: it
        may have vouched for us just now. Raises BadSettings.
        """
        found = await asyncio.to_thread(self.wallet.of_types, types)
        if found:
            return found
        async with self._filling:  # whoever waited here finds what was fetched meanwhile
            if self._asked_at + self._endpoint.settings.credential_ask_s <= self._time():
                try:
                    await self._take()
                except OverlayError as error:
                    _log.warning("%s: %s", self._hindered, error)
        return await asyncio.to_thread(self.wallet.of_types, types)

    async def refill(self) -> None:
        """Take what the CA says now into the wallet. Raises OverlayError."""
        async with self._filling:
            await self._take()

    async def _take(self) -> None:
        self._asked_at = self._time()
        found = await self._ca.held()
        me = self._endpoint.me
        await asyncio.to_thread(self.wallet.take_over, me, found.credentials, found.status)

    async def run(self) -> None:
        """Refill now, and three times in the life of a status list, until cancelled."""
        every_s = self._endpoint.settings.credential_status_s / 3
        await rounds(self.refill, every_s, _log, self._hindered)

    @property
    def _hindered(self) -> str:
        return f"the wallet of {self._endpoint.me} was not refilled"

    def _time(self) -> float:
        return asyncio.get_running_loop().time()
