"""Key cards and roots of others, as one process knows them: asked for once, kept for a while, bounded."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from overlay.endpoint.directory import Directory
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.party import Party
from overlay.errors import BadCertificate, NotFound, Overloaded, Refused, Unavailable, Untrusted
from overlay.naming.ids import SERVICES, PartyId
from overlay.trust.bundle import TrustStore, UnknownRoot
from overlay.trust.identity import Role
from overlay.trust.keycard import KeyCard, make_card, open_card
from overlay.trust.keyring import Keyring

AskCard = Callable[[], Awaitable[bool]]


async def _no_card() -> bool:
    """Where nobody asks: what was given at the start is all that is known."""
    return False


class Cards:
    """Our own card, and those of our domain's services, are at hand; for all others `directory` is asked."""

    def __init__(
        self, party: Party, trust: TrustStore, keyring: Keyring, directory: Directory | None
    ) -> None:
        self.directory = directory
        self.credentials = party.credentials
        self._party = party
        self._domain_card = party.domain_card
        self._trust = trust
        self._keyring = keyring
        self._settings = party.settings
        self._cards: OrderedDict[PartyId, tuple[float, KeyCard]] = OrderedDict()
        self._good: set[tuple[str, int]] = set()
        self._good_at = trust.version
        self._asking: dict[PartyId | str, asyncio.Lock] = {}
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self.ask_card: AskCard = _no_card
        """Asks our CA for a newer card of our domain; whether there was one."""

    async def card(self, party: PartyId) -> KeyCard:
        """Raises NotFound, Unavailable, BadCertificate."""
        kept = self._kept(party)
        if kept is not None:
            return kept
        async with self._once(party):
            kept = self._kept(party)
            if kept is not None:
                return kept
            card = await self._find(party)
            if card.identity.party != party:
                raise BadCertificate(f"the directory gave a card of {card.identity.party} for {party}")
            self._keep(party, card)
            return card

    async def card_for_answer(self, party: PartyId) -> KeyCard:
        """The card that `party` showed us itself, while it is good, else as `card`."""
        shown = self._keyring.card_of(party)
        return shown if shown and self._is_good(shown) else await self.card(party)

    async def learn(self, domain: str) -> None:
        """Trust `domain` from now on. Raises NotFound when the directory does not; Unavailable."""
        if domain in self._trust.domains:
            return
        if self._unknown.get(domain, 0.0) > self._party.clock():
            raise NotFound(f"the directory does not know the domain {domain}")
        try:
            await self._learn(domain)
        except Refused:
            self._wait_for(domain)
            raise

    async def learn_roots(self, domain: str) -> None:
        """Of a domain that is trusted: it may have a new root since. Raises NotFound when there is no other;
        then it is not asked for again at once. Unavailable.
        """
        now = self._party.clock()
        if self._unknown.get(domain, 0.0) > now:
            raise NotFound(f"no other roots of {domain} are known")
        self._wait_for(domain)
        if domain == self._trust.own:
            if not await self.ask_card():
                raise NotFound(f"no other roots of {domain} are known")
            return
        async with self._once(domain), self._limit(f"the roots of {domain}"):
            bundle = await self._directory_for(domain).bundle(domain)
            if bundle.roots == self._trust.bundle(domain).roots:
                raise NotFound(f"no other roots of {domain} are known")
            self._trust.add(bundle)
        self.forget_domain(domain)

    def _wait_for(self, domain: str) -> None:
        self._unknown[domain] = self._party.clock() + self._settings.unknown_domain_wait_s
        if len(self._unknown) > self._settings.foreign_domains:
            self._unknown.popitem(last=False)

    def learn_card(self, card: DomainCard) -> None:
        """From now on take our services from this one. Other cards stay while they are good: the registry may
        be away just now, since this brings its new key.
        """
        self._domain_card = card
        self._unknown.pop(card.domain, None)
        for name in SERVICES:
            self.forget(PartyId(name, card.domain))

    def forget(self, party: PartyId) -> None:
        """Ask for its card again, next time."""
        self._cards.pop(party, None)

    def forget_domain(self, domain: str) -> None:
        """The same for all parties of a domain; its roots are asked for again too."""
        self._unknown.pop(domain, None)
        for party in [party for party in self._cards if party.domain == domain]:
            del self._cards[party]

    async def _find(self, party: PartyId) -> KeyCard:
        now = self._party.clock()
        if party == self._party.id:
            return open_card(make_card(self.credentials, now), self._trust, now)
        if party.domain == self._party.id.domain and party.name in SERVICES:
            return self._service_card(party, now)
        await self.learn(party.domain)
        directory = self._directory_for(party)
        async with self._limit(f"the key card of {party}"):
            try:
                return await directory.card(party)
            except UnknownRoot as unknown:
                try:
                    await self.learn_roots(party.domain)
                except Refused:
                    raise unknown from None
                return await directory.card(party)

    def _service_card(self, party: PartyId, now: float) -> KeyCard:
        raw = self._domain_card.services.get(party.name)
        if raw is None:
            raise NotFound(f"the domain card names no {party.name}: fetch a new one from the domain")
        card = open_card(raw, self._trust, now)
        if card.identity.role not in (Role.SERVICE, Role.GATEWAY):
            raise BadCertificate(f"the domain card names {party} as a service, its certificate does not")
        return card

    async def _learn(self, domain: str) -> None:
        async with self._once(domain):
            if domain in self._trust.domains:
                return
            if len(self._trust.domains) > self._settings.foreign_domains:
                raise Overloaded(f"{domain} would be one domain more than foreign_domains permits")
            directory = self._directory_for(domain)
            async with self._limit(f"the roots of {domain}"):
                bundle = await directory.bundle(domain)
            if bundle.domain != domain:
                raise BadCertificate(f"the directory gave roots of {bundle.domain} for {domain}")
            self._trust.add(bundle)

    def _kept(self, party: PartyId) -> KeyCard | None:
        kept = self._cards.get(party)
        if kept is None or kept[0] <= self._party.clock() or not self._is_good(kept[1]):
            return None
        return kept[1]

    def _is_good(self, card: KeyCard) -> bool:
        """Its certificate may be revoked by now, or of a root that is gone: its owner has another then."""
        now, trust = self._party.clock(), self._trust
        if self._good_at != trust.version or len(self._good) > self._settings.card_cache_size:
            self._good.clear()
            self._good_at = trust.version
        key = (card.name, card.identity.serial)
        if key not in self._good:
            try:
                trust.verify(card.certificate, now)
            except Untrusted:
                return False
            self._good.add(key)
        return card.not_after > now

    def _keep(self, party: PartyId, card: KeyCard) -> None:
        until = min(self._party.clock() + self._settings.card_cache_s, card.not_after)
        self._cards.pop(party, None)
        self._cards[party] = (until, card)
        if len(self._cards) > self._settings.card_cache_size:
            self._cards.popitem(last=False)

    def _directory_for(self, wanted: PartyId | str) -> Directory:
        if self.directory is None:
            raise NotFound(f"there is no directory to find {wanted} in")
        return self.directory

    @asynccontextmanager
    async def _limit(self, what: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._settings.directory_timeout_s):
                yield
        except TimeoutError as error:
            raise Unavailable(f"the directory did not tell {what} in time") from error

    @asynccontextmanager
    async def _once(self, key: PartyId | str) -> AsyncIterator[None]:
        """One look-up at a time for each key; those who wait then find its result."""
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked() and self._asking.get(key) is lock:
                del self._asking[key]
