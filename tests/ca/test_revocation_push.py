"""A revocation told over the broker: to everybody, by the CA alone, without a gap; and the way back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from overlay.ca.client import CaClient
from overlay.ca.protocol import DENIED_KIND, DeniedList, Reason
from overlay.ca.revocation.following import Following
from overlay.ca.revocation.protocol import NEWS, Restore
from overlay.ca.revocation.restore_token import parse_restore_token
from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.errors import NotFound, Refused, Unreachable
from overlay.naming.ids import CA, PartyId
from overlay.naming.subjects import ToAll
from overlay.registry.client import RegistryClient
from overlay.registry.record import Presence, Profile, Skill
from overlay.transport.contract import Delivery
from overlay.trust.issuing import make_csr
from overlay.trust.signed import make_signed
from overlay.wire.request import encode_struct
from tests.ca.ca_domain import CaDomain
from tests.endpoint.waiting import until

ALICE = PartyId("alice", "a.example")
ON_NEWS = str(ToAll(NEWS, CA))


@pytest.fixture
async def domain(tmp_path: Path) -> AsyncIterator[CaDomain]:
    made = CaDomain(tmp_path, denied_fetch_spread_s=0.0)
    async with made.serving():
        yield made


async def follower(domain: CaDomain, stack: AsyncExitStack, name: str) -> tuple[Endpoint, Following]:
    """An agent that hears of revocations, up to date."""
    endpoint = await stack.enter_async_context(domain.open_calm(await domain.enrol(name)))
    following = Following(endpoint)
    await following.catch_up()
    await stack.enter_async_context(beside(following.run()))
    return endpoint, following


def denies(endpoint: Endpoint, party: Party) -> bool:
    return endpoint.trust.denies("a.example", party.credentials.identity.serial)


def is_news(delivery: Delivery) -> bool:
    return delivery.subject == ON_NEWS


async def test_a_revocation_is_heard_by_every_process_at_once(domain: CaDomain) -> None:  # CA-6
    alice = await domain.enrol("alice")
    async with AsyncExitStack() as stack:
        bob, following = await follower(domain, stack, "bob")
        boss = await stack.enter_async_context(domain.operator())
        await boss.revoke(Reason.WITHDRAWN, name="alice")
        await until(lambda: denies(bob, alice))
        assert following.epoch == 1


async def test_the_party_itself_ends_with_the_reason(domain: CaDomain) -> None:  # CA-8
    async with AsyncExitStack() as stack:
        alice, _ = await follower(domain, stack, "alice")
        boss = await stack.enter_async_context(domain.operator())
        await boss.revoke(Reason.WITHDRAWN, name="alice")
        with pytest.raises(Unreachable, match=r"of alice@a.example was revoked.*overlay ca restore"):
            await alice.closed()
        with pytest.raises(Unreachable, match="was revoked"):
            await CaClient(alice).status(name="alice")


async def test_who_misses_news_notices_with_the_next_and_fetches_what_is_missing(domain: CaDomain) -> None:
    alice, carol = await domain.enrol("alice"), await domain.enrol("carol")
    async with AsyncExitStack() as stack:
        bob, following = await follower(domain, stack, "bob")
        boss = await stack.enter_async_context(domain.operator())
        domain.memory.broker.lose = is_news
        await boss.revoke(Reason.WITHDRAWN, name="alice")
        domain.memory.broker.lose = lambda _: False
        assert not denies(bob, alice)
        await boss.revoke(Reason.WITHDRAWN, name="carol")
        await until(lambda: denies(bob, alice) and denies(bob, carol))
        await until(lambda: following.epoch == 2)


async def test_only_the_ca_says_what_is_revoked(domain: CaDomain) -> None:
    alice, mallory = await domain.enrol("alice"), await domain.enrol("mallory")
    async with AsyncExitStack() as stack:
        bob, _ = await follower(domain, stack, "bob")
        serial = format(alice.credentials.identity.serial, "x")
        lie = encode_struct(DeniedList(9, (serial,), 0, 9))
        for statement in (make_signed(DENIED_KIND, lie, mallory.credentials), lie):
            domain.memory.broker.publish(ON_NEWS, statement)
        await until(lambda: bob.counters["news-bad-signature"] + bob.counters["news-bad-envelope"] == 2)
        assert not denies(bob, alice)


async def test_an_old_list_shown_again_is_refused_and_counted(domain: CaDomain) -> None:  # CA-6
    for name in ("alice", "carol"):
        await domain.enrol(name)
    async with AsyncExitStack() as stack:
        bob, following = await follower(domain, stack, "bob")
        boss = await stack.enter_async_context(domain.operator())
        for name in ("alice", "carol"):
            await boss.revoke(Reason.WITHDRAWN, name=name)
        await until(lambda: following.epoch == 2)
        old = next(delivery for delivery in domain.memory.broker.sent if is_news(delivery))
        domain.memory.broker.publish(old.subject, old.payload)
        await until(lambda: bob.counters["news-replayed"] == 1)
        assert following.epoch == 2


async def test_a_restored_agent_finds_its_entry_as_it_was(domain: CaDomain) -> None:  # CA-7
    alice = await domain.enrol("alice", "net")
    profile = Profile(description="what I do", skills=(Skill("net.fault"),), topics=("news",))
    async with domain.operator() as boss, domain.open_calm(alice) as endpoint:
        registered = await RegistryClient(endpoint).register(profile)
        before = domain.registry.resolve(ALICE)
        await boss.revoke(Reason.WITHDRAWN, name="alice")
        with pytest.raises(NotFound):
            domain.registry.resolve(ALICE)
        domain.clock.now += 3600
        made = await boss.restore(Restore("alice"))
        assert not made.new_key
    token = parse_restore_token(made.text)
    async with domain.holder(token.certificate, token.key, token.domain_card) as holder:
        csr = make_csr(alice.credentials.key, ALICE)
        certificate = await holder.reclaim("alice", csr)
        assert await holder.reclaim("alice", csr) == certificate
        with pytest.raises(Refused, match="permission"):
            await holder.revoke(Reason.WITHDRAWN, name="alice")
    back = domain.registry.resolve(ALICE)
    assert back.presence is Presence.OFFLINE
    kept = ("profile", "resource_id", "registered_at")
    assert [getattr(back, field) for field in kept] == [getattr(before, field) for field in kept]
    again = domain.party(certificate, alice.credentials.key, domain.memory.card)
    async with domain.open(again) as endpoint:
        assert (await RegistryClient(endpoint).register(profile)).resource_id == registered.resource_id
        assert (await RegistryClient(endpoint).find("net"))[0].presence is Presence.ONLINE
