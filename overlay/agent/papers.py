"""An agent's credentials: its own, shown where they are wanted, and those of others, verified (CA-9)."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.sources import follow_ended, verifier_at
from overlay.credentials.wallet import FOLDER, Wallet
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.rounds import rounds

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
        endpoint.use_wallet(self.wallet)
        endpoint.gate.use_proofs(verifier_at(endpoint))
        follow_ended(endpoint)

    async def refill(self) -> None:
        """Take what the CA says now into the wallet. Raises OverlayError."""
        found = await self._ca.held()
        me = self._endpoint.me
        await asyncio.to_thread(self.wallet.take_over, me, found.credentials, found.status)

    async def run(self) -> None:
        """Refill now, and three times in the life of a status list, until cancelled."""
        every_s = self._endpoint.settings.credential_status_s / 3
        await rounds(self.refill, every_s, _log, f"the wallet of {self._endpoint.me} was not refilled")
