"""Who is let in at the receiver: realtime and stored, with and without credentials (GW-17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import msgspec
import pytest

from overlay.credentials.credential import Credential
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadCredential, NotPermitted
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy, allowing
from overlay.policy.rule import Demand, Rule
from tests.endpoint.handlers import Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain, peered, quick

BOB = PartyId.of("bob", "b.example")
MEDICAL = AccessPolicy(allow=(Rule(("a.example",), credential=Demand("medical")),))


class Pocket:
    """A wallet; `asked`: for which types."""

    def __init__(self, *held: str) -> None:
        self.held = held
        self.asked: list[tuple[str, ...]] = []

    async def of_types(self, types: Collection[str]) -> list[str]:
        self.asked.append(tuple(types))
        return list(self.held)


class Expert:
    """Finds `medical of <name>` good for that name, until it was revoked."""

    def __init__(self, until: float) -> None:
        self.revoked = False
        self.verified = 0
        self.version = 0
        self._until = until

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        self.verified += 1
        if self.revoked:
            raise BadCredential("revoked: by its issuer")
        if jwt != f"medical of {subject}":
            raise BadCredential(f"subject: it is not {subject}'s")
        return Credential("medical", "did:web:health.example", subject.did, {}, self._until, "urn:1")


@asynccontextmanager
async def strangers(
    policy: AccessPolicy, **settings: object
) -> AsyncIterator[tuple[Endpoint, Endpoint, Inbox]]:
    """alice@a.example, bob@b.example who serves under `policy`, and what he handled."""
    here, there = (MemoryDomain(name, quick(**settings)) for name in ("a.example", "b.example"))
    asker, server = here.party("alice"), there.party("bob")
    inbox = Inbox()

    async def handle(message: Message) -> bytes:
        await inbox(message)
        return await echo(message) or b""

    async with peered(here, there), here.open(asker) as alice, there.open(server) as bob:
        bob.gate.policy = policy
        await bob.serve(handle)
        yield alice, bob, inbox


async def test_a_stranger_is_refused_and_told_no_more_than_that() -> None:
    async with strangers(AccessPolicy()) as (alice, bob, inbox):
        with pytest.raises(NotPermitted, match=r"^not permitted$"):
            await alice.ask(BOB, b"?", topic="text.echo")
        await alice.send(BOB, b"news", topic="news.today")
        await until(lambda: bob.counters["not-permitted"] == 2)
        assert [(str(one.caller), one.skill) for one in bob.gate.refusals] == [
            ("alice@a.example", "text.echo"),
            ("alice@a.example", "news.today"),
        ]
        assert "foreign domain" in bob.gate.refusals[0].why
    assert inbox.messages == []


async def test_what_a_stranger_writes_is_kept_and_logged_cut_short(caplog: pytest.LogCaptureFixture) -> None:
    settings = {"max_attributes_bytes": 65536}
    async with strangers(AccessPolicy(), **settings) as (alice, bob, _):
        with pytest.raises(NotPermitted):
            await alice.ask(BOB, b"?", topic="x" * 60_000)
        (refusal,) = bob.gate.refusals
        assert len(refusal.skill) + len(refusal.why) <= 1200
    assert all(len(record.getMessage()) < 2000 for record in caplog.records)


async def test_a_stored_message_that_is_refused_is_settled_and_its_receipt_says_so() -> None:
    async with strangers(AccessPolicy()) as (alice, bob, inbox):
        sent = await alice.send(BOB, b"work", reliable=True)
        with pytest.raises(NotPermitted):
            await sent.receipt()
        with pytest.raises(NotPermitted):
            await alice.ask(BOB, b"?", reliable=True)
        assert bob.counters["not-permitted"] == 2
    assert inbox.messages == []


async def test_a_new_policy_counts_for_the_next_message_and_asking_back_needs_none() -> None:
    async with strangers(AccessPolicy()) as (alice, bob, inbox):
        with pytest.raises(NotPermitted):
            await alice.ask(BOB, b"?", topic="text.echo")
        bob.gate.policy = AccessPolicy(allow=(allowing(("alice@a.example",), skill="text"),))
        assert (await alice.ask(BOB, b"now", topic="text.echo")).body == b"now"
        with pytest.raises(NotPermitted):
            await alice.ask(BOB, b"?", topic="network")
        await (await alice.send(BOB, b"work", topic="text.echo", reliable=True)).receipt()
    assert [message.body for message in inbox.messages] == [b"now", b"work"]


async def test_a_stranger_is_told_only_so_often_that_it_may_not() -> None:
    async with strangers(AccessPolicy(), complaints_burst=2, complaints_per_s=0.001) as (alice, bob, inbox):
        for _ in range(2):
            with pytest.raises(NotPermitted):
                await alice.ask(BOB, b"?")
        for _ in range(5):
            await alice.send(BOB, b"?")
        await until(lambda: bob.counters["refusal-limited"] == 5)
        assert bob.counters["not-permitted"] == 7
    assert inbox.messages == []


async def test_what_was_handled_before_the_policy_changed_is_still_said_to_be_handled() -> None:
    here, there = MemoryDomain("a.example", quick()), MemoryDomain("b.example", quick())
    inbox, party, other = Inbox(), here.party("alice"), there.party("bob")
    async with peered(here, there), here.open(party) as alice, there.open(other) as bob:
        await bob.serve(inbox)
        reply = await alice.ask(BOB, b"once", reliable=True)
        bob.gate.policy = AccessPolicy()
        stored = next(one for one in there.broker.sent if one.subject.startswith("ov.rel."))
        there.broker.store(stored.subject, stored.payload, "again", 60.0)
        await until(lambda: bob.counters["duplicate"] == 1)
        assert (reply.body, bob.counters["not-permitted"]) == (b"taken", 0)
    assert len(inbox.messages) == 1


async def test_a_wanted_credential_is_shown_once_and_remembered() -> None:
    async with strangers(MEDICAL) as (alice, bob, inbox):
        pocket, expert = Pocket("medical of alice@a.example"), Expert(bob.party.clock() + 3600)
        alice.use_wallet(pocket)
        bob.gate.use_proofs(expert)
        for body in (b"1", b"2"):
            assert (await alice.ask(BOB, body)).body == body
        await (await alice.send(BOB, b"3", reliable=True)).receipt()
        assert (pocket.asked, expert.verified) == ([("medical",)], 1)
    assert [message.body for message in inbox.messages] == [b"1", b"2", b"3"]


async def test_a_stored_message_is_sent_again_with_the_credential() -> None:
    async with strangers(MEDICAL) as (alice, bob, inbox):
        alice.use_wallet(Pocket("medical of alice@a.example"))
        bob.gate.use_proofs(Expert(bob.party.clock() + 3600))
        await (await alice.send(BOB, b"work", reliable=True)).receipt()
    assert [message.body for message in inbox.messages] == [b"work"]


async def test_another_ones_credential_helps_nobody() -> None:
    async with strangers(MEDICAL) as (alice, bob, inbox):
        alice.use_wallet(Pocket("medical of eve@a.example"))
        bob.gate.use_proofs(Expert(bob.party.clock() + 3600))
        with pytest.raises(NotPermitted, match=r"subject: it is not alice@a.example's") as caught:
            await alice.ask(BOB, b"?")
        assert caught.value.wants == ("medical",)
        with pytest.raises(NotPermitted):
            await (await alice.send(BOB, b"?", reliable=True)).receipt()
        assert bob.counters["shown-credential-bad"] == 2
        assert bob._parts.state._file.read("SELECT count(*) FROM ledger", ()) == [(0,)]
    assert inbox.messages == []


async def test_a_revoked_credential_stops_counting_at_the_next_look() -> None:
    async with strangers(MEDICAL, shown_recheck_s=0.0) as (alice, bob, inbox):
        expert = Expert(bob.party.clock() + 3600)
        alice.use_wallet(Pocket("medical of alice@a.example"))
        bob.gate.use_proofs(expert)
        await alice.ask(BOB, b"good")
        expert.revoked = True
        with pytest.raises(NotPermitted, match=r"revoked"):
            await alice.ask(BOB, b"?")
        assert len(bob.gate.shown) == 0
    assert [message.body for message in inbox.messages] == [b"good"]


async def test_after_a_revocation_what_was_shown_is_looked_at_again() -> None:
    async with strangers(MEDICAL) as (alice, bob, inbox):
        expert = Expert(bob.party.clock() + 3600)
        alice.use_wallet(Pocket("medical of alice@a.example"))
        bob.gate.use_proofs(expert)
        await alice.ask(BOB, b"good")
        expert.revoked, expert.version = True, 1
        with pytest.raises(NotPermitted, match=r"revoked"):
            await alice.ask(BOB, b"?")
    assert [message.body for message in inbox.messages] == [b"good"]


async def test_a_silent_receiver_names_no_credential_and_none_is_shown() -> None:
    policy = msgspec.structs.replace(MEDICAL, tell_wants=False)
    async with strangers(policy) as (alice, _, _):
        pocket = Pocket("medical of alice@a.example")
        alice.use_wallet(pocket)
        with pytest.raises(NotPermitted, match=r"^not permitted$"):
            await alice.ask(BOB, b"?")
        assert pocket.asked == []
