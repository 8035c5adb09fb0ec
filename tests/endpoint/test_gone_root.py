"""What is under way when a root of the domain is dropped still arrives, and is answered (CA-5)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.naming.ids import PartyId
from overlay.trust.bundle import TrustBundle
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keycard import make_card
from tests.endpoint.handlers import Gate, Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import DAY, MemoryDomain, peered, quick

LIMIT_S = 30.0


class RollingDomain(MemoryDomain):
    """With a second root that issues from `roll` on."""

    def __init__(self, name: str = "a.example") -> None:
        changes = {"renew_linger_s": 0.0, "probe_after_s": 0.05, "ask_timeout_s": LIMIT_S}
        patient = {"unknown_domain_wait_s": 0.01, "unknown_root_attempts": 100}
        super().__init__(name, quick(**changes, **patient))
        self.old = self.issuer

    def roll(self) -> None:
        self.issuer = Issuer(*new_root(self.name, 3650 * DAY, self.clock()))
        self.directory.store.add(TrustBundle(self.name, (self.issuer.root, self.old.root)))

    def card_with(self, *issuers: Issuer) -> DomainCard:
        roots = tuple(issuer.root.public_bytes(Encoding.PEM) for issuer in issuers)
        return msgspec.structs.replace(self.card, roots=roots)

    async def renew(self, endpoint: Endpoint) -> None:
        """It knows both roots, and goes on with a certificate of the new one."""
        endpoint.learn_card(self.card_with(self.issuer, self.old))
        new = self.credentials(endpoint.me.name)
        await endpoint.renew(replace(new, sealing=(*new.sealing, *endpoint.party.credentials.sealing)))
        self.directory.cards[endpoint.me] = make_card(endpoint.party.credentials, self.clock())

    def drop_old(self, *endpoints: Endpoint) -> None:
        for endpoint in endpoints:
            endpoint.learn_card(self.card_with(self.issuer))

    def newcomer(self, name: str) -> Party:
        """Somebody who never knew the old root."""
        return replace(self.party(name), domain_card=self.card_with(self.issuer))


async def test_a_stored_message_of_a_root_that_is_gone_is_sealed_anew_and_handled_once() -> None:
    domain, inbox = RollingDomain(), Inbox()
    domain.party("bob")
    async with domain.open("alice") as alice:
        sent = await alice.send(PartyId("bob", domain.name), b"hello", reliable=True)
        domain.roll()
        await domain.renew(alice)
        domain.drop_old(alice)
        async with domain.open(domain.newcomer("bob")) as bob:
            await bob.serve(inbox)
            async with asyncio.timeout(LIMIT_S):
                await sent.receipt()
        assert [message.body for message in inbox.messages] == [b"hello"]
        assert alice.counters["sealed-anew"] == 1


async def test_a_refusal_alone_makes_a_sender_seal_its_message_anew() -> None:
    domain, inbox = RollingDomain(), Inbox()
    domain.party("bob")
    async with domain.open("alice") as alice:
        sent = await alice.send(PartyId("bob", domain.name), b"hello", reliable=True)
        domain.roll()
        await domain.renew(alice)  # which has not heard yet that the old root is gone
        async with domain.open(domain.newcomer("bob")) as bob:
            await bob.serve(inbox)
            async with asyncio.timeout(LIMIT_S):
                await sent.receipt()
        assert [message.body for message in inbox.messages] == [b"hello"]


async def test_the_answer_to_a_question_of_before_goes_to_the_card_that_is_good_now() -> None:
    domain, gate = RollingDomain(), Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        await alice.serve(echo)
        asked = asyncio.create_task(alice.ask(bob.me, b"well?", reliable=True))
        async with asyncio.timeout(LIMIT_S):
            await gate.entered.wait()
        domain.roll()
        for endpoint in (alice, bob):
            await domain.renew(endpoint)
        domain.drop_old(alice, bob)
        gate.open.set()
        assert (await asked).body == b"well?"
        assert gate.handled == 1


async def test_a_stored_message_waits_until_the_new_root_of_its_domain_is_heard_of() -> None:
    here, there, inbox = RollingDomain(), RollingDomain("b.example"), Inbox()
    async with peered(here, there), here.open("alice") as alice, there.open("bob") as bob:
        there.directory.cards |= here.directory.cards
        here.directory.cards |= there.directory.cards
        await bob.serve(inbox)
        await alice.ask(bob.me, b"before")
        here.roll()
        await here.renew(alice)
        sent = await alice.send(bob.me, b"after", reliable=True)
        await until(lambda: bob.counters["root-not-heard-of"])
        both = TrustBundle(here.name, (here.issuer.root, here.old.root))
        there.directory.bundles[here.name] = both
        there.directory.store.add(both)
        there.directory.cards |= here.directory.cards
        async with asyncio.timeout(LIMIT_S):
            await sent.receipt()
        assert [message.body for message in inbox.messages] == [b"before", b"after"]
