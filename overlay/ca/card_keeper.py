"""Keeps what a party knows of its domain up to date: asks the CA, checks, goes on with it, remembers it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from overlay.ca.news_protocol import AskCard, CardTold
from overlay.ca.protocol import Op
from overlay.endpoint.directory import Directory
from overlay.endpoint.domain_card import DomainCard, open_domain_card
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import NotFound, OverlayError
from overlay.naming.ids import CA
from overlay.wire.request import decode_struct, encode_struct

_log = logging.getLogger(__name__)


class CardKeeper:
    """For one endpoint. `home`: where a restart finds the card; `directory`: knows other domains' roots;
    `learned`: is told of each newer card.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        home: Home | None,
        directory: Directory | None = None,
        learned: Callable[[DomainCard], None] = lambda _: None,
    ) -> None:
        self._endpoint = endpoint
        self._home = home
        self._directory = directory
        self._learned = learned
        self._turn = asyncio.Lock()
        self.bundle_news = b""
        """The CA's last statement to peers about our roots (`open_bundle_news`)."""

    @property
    def epoch(self) -> int:
        """Of the card that we have."""
        return self._endpoint.party.domain_card.epoch

    async def refresh(self) -> bool:
        """Ask now. Returns whether there was a newer card. Raises Untrusted for one that is not our CA's,
        Refused, Unavailable.
        """
        async with self._turn:
            endpoint = self._endpoint
            answer = await endpoint.ask_service(CA, Op.CARD, encode_struct(AskCard(self.epoch)))
            told = decode_struct(answer, CardTold)
            card = open_domain_card(told.card, endpoint.trust, endpoint.party.clock())
            if card.epoch >= self.epoch:
                self.bundle_news = told.bundle
            if card.epoch <= self.epoch:
                return False
            if self._home is not None:
                self._home.save_card(card)
            endpoint.learn_card(card)
            self._learned(card)
            return True

    async def refresh_foreign(self) -> None:
        """Ask the directory again for the roots of other domains that we know. Raises Unavailable."""
        trust, directory = self._endpoint.trust, self._directory
        if directory is None:
            return
        for domain in sorted(trust.domains - {trust.own}):
            try:
                bundle = await directory.bundle(domain)
            except NotFound:
                continue  # no peer any more: who takes it away, says so
            if bundle.roots != trust.bundle(domain).roots:
                trust.add(bundle)

    async def run(self) -> None:
        """Every `Settings.domain_card_check_s`, until cancelled."""
        while True:
            try:
                await self.refresh()
                await self.refresh_foreign()
            except OverlayError as error:
                _log.warning("no news of the domain: %s", error)
            await asyncio.sleep(self._endpoint.settings.domain_card_check_s)
