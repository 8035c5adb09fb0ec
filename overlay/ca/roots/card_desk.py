"""The card of the domain: the CA changes it, tells everybody who asks, and remembers who was told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.ca.protocol import Op
from overlay.ca.roots.protocol import CARD_NEWS, AskCard, CardTold, ShowCard
from overlay.ca.roots.table import RolloverTable
from overlay.desk import EVERYBODY, Desk
from overlay.endpoint.domain_card import DomainCard, service_card, sign_domain_card
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import CA, SERVICES
from overlay.naming.inside import Inside
from overlay.patience import comes_within
from overlay.trust.bundle_news import sign_bundle_news
from overlay.trust.identity import Identity, Role
from overlay.trust.keycard import open_card
from overlay.wire.request import Nothing, encode_struct

_log = logging.getLogger(__name__)


class CardDesk:
    """`keep` writes a card to where the CA finds it after a restart, before anybody is told."""

    def __init__(self, endpoint: Endpoint, table: RolloverTable, keep: Callable[[DomainCard], None]) -> None:
        self._endpoint = endpoint
        self._table = table
        self._keep = keep
        self._changed = asyncio.Event()

    def open(self, desk: Desk) -> None:
        """Answer from now on."""
        desk.on(Op.CARD, EVERYBODY, AskCard, self._card)
        desk.on(Op.SERVICE_CARD, (Role.SERVICE, Role.GATEWAY), ShowCard, self._service_card)

    @property
    def card(self) -> DomainCard:
        """The newest."""
        return self._endpoint.party.domain_card

    def change(
        self,
        *,
        roots: Sequence[x509.Certificate] = (),
        brokers: Sequence[str] = (),
        services: Mapping[str, bytes] | None = None,
        inside: Inside | None = None,
    ) -> None:
        """Make a newer card, with what is given in place of what was. Raises BadSettings."""
        old = self.card
        card = msgspec.structs.replace(
            old,
            roots=tuple(root.public_bytes(Encoding.PEM) for root in roots) or old.roots,
            brokers=tuple(brokers) or old.brokers,
            services={**old.services, **(services or {})},
            inside=inside or old.inside,
            epoch=old.epoch + 1,
        )
        self._keep(card)
        self._endpoint.learn_card(card)
        self._table.tell(CA, card.epoch)
        self._changed.set()

    def use_brokers(self, urls: Sequence[str]) -> None:
        """Say where the brokers are, if that is news."""
        if tuple(urls) != self.card.brokers:
            self.change(brokers=urls)

    async def run(self) -> None:
        """Tell each change to every process of the domain at once, and the newest card from time to time: who
        missed that the CA has another key cannot ask it. Until cancelled.
        """
        while True:
            await comes_within(self._changed, self._endpoint.settings.domain_card_tell_s)
            await self.tell()

    async def tell(self) -> None:
        """Tell the newest card to every process of the domain now, as far as the broker takes it."""
        self._changed.clear()
        try:
            async with asyncio.timeout(self._endpoint.settings.ca_tell_s):
                await self._endpoint.tell_news(CARD_NEWS, encode_struct(self._told()))
        except (OverlayError, TimeoutError) as error:
            _log.warning("the new card of the domain is left to those who ask: %s", error)

    def own_card(self) -> dict[str, bytes]:
        """The CA's key card, made anew: for `change` after its certificate was renewed."""
        party = self._endpoint.party
        return {CA: service_card(party.credentials, party.settings, party.clock())}

    async def _card(self, sender: Identity, _: AskCard) -> CardTold:
        self._table.tell(sender.party.name, self.card.epoch)
        return self._told()

    def _told(self) -> CardTold:
        card, ca = self.card, self._endpoint.party.credentials
        return CardTold(sign_domain_card(card, ca), sign_bundle_news(card.bundle, card.epoch, ca))

    async def _service_card(self, sender: Identity, ask: ShowCard) -> Nothing:
        party = self._endpoint.party
        shown = open_card(ask.card, self._endpoint.trust, party.clock())
        if shown.identity.party != sender.party or sender.party.name not in SERVICES:
            raise Refused(f"service: {sender.party} shows its own key card, and only services have one here")
        if shown.identity.serial != sender.serial:
            raise Refused("service: the key card is of another certificate than the one that asks")
        if self.card.services.get(sender.party.name) != ask.card:
            self.change(services={sender.party.name: ask.card})
        return Nothing()
