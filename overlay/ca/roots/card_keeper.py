"""Keeps what a party knows of its domain up to date: asks the CA, checks, goes on with it, remembers it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

from overlay.ca.protocol import Op
from overlay.ca.roots.protocol import CARD_NEWS, AskCard, CardTold
from overlay.endpoint.directory import Directory
from overlay.endpoint.domain_card import DomainCard, open_domain_card
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import NotFound, OverlayError
from overlay.naming.ids import CA
from overlay.wire.request import decode_struct, encode_struct

_log = logging.getLogger(__name__)
_random = random.SystemRandom()
Learned = Callable[[DomainCard, bytes], None]


def _nothing() -> None:
    """Nobody needs to know."""


class CardKeeper:
    """For one endpoint. `home`: where a restart finds the card; `directory`: knows other domains' roots;
    `learned`: is told of each card that is not older, with the CA's statement to peers (`open_bundle_news`).
    """

    def __init__(
        self,
        endpoint: Endpoint,
        home: Home | None,
        directory: Directory | None = None,
        learned: Learned = lambda _, __: None,
    ) -> None:
        self._endpoint = endpoint
        self._home = home
        self._directory = directory
        self._learned = learned
        self.after_news: Callable[[], None] = _nothing
        """Called when there was a newer card: our certificate may be due for renewal."""
        endpoint.on_news(CARD_NEWS, CA, self.heard)
        endpoint.ask_card_by(self.refresh)

    @property
    def epoch(self) -> int:
        """Of the card that we have."""
        return self._endpoint.party.domain_card.epoch

    async def begin(self) -> None:
        """Ask at once, before others are: they may have certificates of a root that is news to us. A CA that
        is away is not waited for longer than `Settings.domain_card_wait_s`.
        """
        try:
            async with asyncio.timeout(self._endpoint.settings.domain_card_wait_s):
                await self.refresh()
        except (OverlayError, TimeoutError) as error:
            _log.info("whether there is news of the domain is not known yet: %s", error)

    async def refresh(self) -> bool:
        """Ask now. Returns whether there was a newer card. Raises Untrusted for one that is not our CA's,
        Refused, Unavailable.
        """
        body = encode_struct(AskCard(self.epoch))
        return self._take(decode_struct(await self._endpoint.ask_service(CA, Op.CARD, body), CardTold))

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
                self._endpoint.learn_bundle(bundle)

    async def run(self) -> None:
        """Every `Settings.domain_card_check_s`, for what the CA's news did not bring. Until cancelled."""
        while True:
            for look in (self.refresh, self.refresh_foreign):
                try:
                    await look()
                except OverlayError as error:
                    _log.warning("no news of the domain: %s", error)
            every_s = self._endpoint.settings.domain_card_check_s
            await asyncio.sleep(_random.uniform(every_s / 2, every_s))

    def heard(self, statement: bytes) -> None:
        """News by the CA (`CardTold`), or by who says to be it. Raises BadInput, Untrusted."""
        self._take(decode_struct(statement, CardTold))

    def _take(self, told: CardTold) -> bool:
        endpoint = self._endpoint
        card = open_domain_card(told.card, endpoint.trust, endpoint.party.clock())
        newer = card.epoch > self.epoch
        if newer:
            if self._home is not None:
                self._home.save_card(card)
            endpoint.learn_card(card)
            self.after_news()
        if card.epoch == self.epoch:
            self._learned(card, told.bundle)
        return newer
