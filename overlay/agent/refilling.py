"""Keeps an agent's wallet as its domain's CA says: its credentials, and the list of revoked ones."""

from __future__ import annotations

import asyncio
import logging

from overlay.ca.credential_client import CredentialClient
from overlay.credentials.wallet import Wallet
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError

_log = logging.getLogger(__name__)


class Refilling:
    """Holders show the newest status list along with a credential: verifiers of other domains do not reach the
    CA to ask it.
    """

    def __init__(self, endpoint: Endpoint, wallet: Wallet) -> None:
        self._endpoint = endpoint
        self._ca = CredentialClient(endpoint)
        self._wallet = wallet

    async def refill(self) -> None:
        """Once. Raises OverlayError."""
        found = await self._ca.held()
        me = self._endpoint.me
        await asyncio.to_thread(self._wallet.take_over, me, found.credentials, found.status)

    async def run(self) -> None:
        """Now, and three times in the life of a status list, until cancelled."""
        while True:
            try:
                await self.refill()
            except OverlayError as error:
                _log.warning("the wallet of %s was not refilled: %s", self._endpoint.me, error)
            await asyncio.sleep(self._endpoint.settings.credential_status_s / 3)
