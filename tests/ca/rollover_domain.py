"""A domain in memory whose root can roll over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from overlay.ca.client import CaClient
from overlay.ca.protocol import Op
from overlay.ca.roots.card_desk import CardDesk
from overlay.ca.roots.card_keeper import CardKeeper
from overlay.ca.roots.protocol import Rollover, RolloverState, Step
from overlay.ca.roots.rollover import RootRollover
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.errors import Unreachable
from overlay.naming.ids import CA, OPERATOR
from overlay.naming.mailboxes import mailboxes_of_caller
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, make_csr
from overlay.trust.keys import SigningKey
from overlay.wire.request import decode_struct, encode_struct
from tests.ca.ca_domain import CaDomain

LEAD_S = 600.0


class MemoryRoots:
    """`RootKeys` in memory."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuers: tuple[Issuer, ...] = (issuer,)

    def load(self) -> tuple[Issuer, ...]:
        return self.issuers

    def save(self, issuers: Sequence[Issuer]) -> None:
        self.issuers = tuple(issuers)


class MemoryHands:
    """`Hands` without a broker: it may not take the new root yet."""

    def __init__(self, domain: CaDomain) -> None:
        self._domain = domain
        self.stubborn = False

    async def try_root(self, issuer: Issuer) -> None:
        if self.stubborn:
            raise Unreachable(f"the broker says: unknown ca {issuer.domain}")

    async def renew_anchors(self) -> None:
        own = self._domain.ca_endpoint.party.credentials
        made = self._domain.authority.issue_for_domain(own.key.public, CA, Role.SERVICE)
        await self._domain.ca_endpoint.renew(replace(own, certificate=made.parsed))


class RolloverDomain(CaDomain):
    """`serving` with the CA's card and rollover at its desk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, rollover_lead_s=LEAD_S)
        self.roots = MemoryRoots(self.memory.issuer)
        self.hands = MemoryHands(self)
        self.kept: list[DomainCard] = []
        self.cards: CardDesk
        self.rollover: RootRollover

    @asynccontextmanager
    async def rolling(self) -> AsyncIterator[Endpoint]:
        """Serves; the operator's endpoint."""
        async with self.serving():
            table = self.authority.store.rollover
            self.cards = CardDesk(self.ca_endpoint, table, self.kept.append)
            self.begin()
            self.ca.open(self.cards, self.rollover)
            async with self.open(self._boss()) as boss:
                yield boss

    def _boss(self) -> Party:
        key = SigningKey.generate()
        made = self.authority.issue_for_domain(key.public, OPERATOR, Role.OPERATOR)
        self.memory.broker.ensure(mailboxes_of_caller(OPERATOR))
        return self.party(made.parsed, key, self.memory.card)

    def begin(self) -> None:
        """As after a start of the CA's process."""
        self.rollover = RootRollover(self.authority, self.cards, self.roots, self.hands, self.ca.sweep)
        self.rollover.resume()

    async def step(self, boss: Endpoint, step: Step, *, force: bool = False) -> RolloverState:
        answer = await boss.ask_service(CA, Op.ROLLOVER, encode_struct(Rollover(step, force)))
        return decode_struct(answer, RolloverState)

    async def issue_from_now(self, boss: Endpoint) -> None:
        """From start to where the new root issues; the operator knows it."""
        await self.step(boss, Step.START)
        await CardKeeper(boss, None).refresh()
        self.clock.now += LEAD_S
        await self.rollover.look()
        await CardKeeper(boss, None).refresh()

    async def renew(self, endpoint: Endpoint) -> None:
        """A new certificate for the same key."""
        own = endpoint.party.credentials
        certificate = await CaClient(endpoint).renew(make_csr(own.key, own.party))
        await endpoint.renew(replace(own, certificate=certificate))

    async def renewed(self, party: Party) -> Party:
        """The party, with the CA's latest card and a new certificate."""
        async with self.open(party) as endpoint:
            await CardKeeper(endpoint, None).refresh()
            await self.renew(endpoint)
            return endpoint.party
