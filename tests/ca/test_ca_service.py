"""The CA asked over the broker: who may ask what, and what a decision does to the domain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.ca.client import CaClient
from overlay.ca.protocol import Apply, MakeToken, Reason, State
from overlay.errors import NotFound, OverlayError, Refused, TimedOut
from overlay.naming.ids import PartyId, link_name
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile, Skill
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.ca_domain import CaDomain

ALICE = PartyId("alice", "a.example")


@pytest.fixture
async def domain(tmp_path: Path) -> AsyncIterator[CaDomain]:
    made = CaDomain(tmp_path)
    async with made.serving():
        yield made


def a_csr(party: PartyId = ALICE) -> bytes:
    return make_csr(SigningKey.generate(), party)


async def test_a_newcomer_with_a_token_becomes_an_agent_that_can_register(domain: CaDomain) -> None:  # CA-1
    alice = await domain.enrol("alice", "net")
    assert domain.intake.log[-1] == ("in", "alice")
    async with domain.open(alice) as endpoint:
        client = RegistryClient(endpoint)
        await client.register(Profile(skills=(Skill("net.fault"),)))
        assert [record.party for record in await client.find("net")] == ["alice@a.example"]


async def test_a_refusal_reaches_the_newcomer_with_the_check_that_failed(domain: CaDomain) -> None:  # CA-2
    async with domain.operator() as boss:
        text = await boss.token(MakeToken("alice", ("net",)))
    async with domain.newcomer(text) as newcomer:
        with pytest.raises(Refused, match=r"skills: 'power' is outside of what the token permits"):
            await newcomer.apply(Apply("alice", a_csr(), ("power",)))
        with pytest.raises(Refused, match="certificate request"):
            await newcomer.apply(Apply("alice", b"not a request", ("net",)))


async def test_an_answer_that_was_lost_is_given_again_and_the_agent_let_in_again(domain: CaDomain) -> None:
    async with domain.operator() as boss:
        text = await boss.token(MakeToken("alice"))
    csr = a_csr()
    async with domain.newcomer(text) as newcomer:
        domain.intake.broken = True
        with pytest.raises(OverlayError, match="the broker is away"):
            await newcomer.apply(Apply("alice", csr))
        domain.intake.broken = False
        first = await newcomer.apply(Apply("alice", csr))
        assert await newcomer.apply(Apply("alice", csr)) == first
    assert domain.intake.log.count(("in", "alice")) == 2


async def test_roles_are_kept_apart(domain: CaDomain) -> None:  # CA-2
    alice = await domain.enrol("alice")
    async with domain.open(alice) as endpoint:
        agent = CaClient(endpoint)
        for question in (
            agent.token(MakeToken("bob")),
            agent.list(),
            agent.link("b.example", a_csr()),
            agent.apply(Apply("bob", a_csr())),
        ):
            with pytest.raises(Refused, match=r"permission: .* alice@a.example is agent"):
                await question
        with pytest.raises(NotFound, match="no operation 'root'"):
            await endpoint.ask_service("ca", "root", b"")


async def test_a_renewed_agent_is_the_same_with_a_later_end(domain: CaDomain) -> None:  # CA-5
    alice = await domain.enrol("alice", "net")
    domain.clock.now += 86400
    async with domain.open(alice) as endpoint:
        renewed = await CaClient(endpoint).renew(a_csr())
    assert renewed.not_valid_after_utc > alice.credentials.certificate.not_valid_after_utc
    assert TrustStore(domain.memory.bundle).verify(renewed, domain.clock()).skills == ("net",)


async def test_revocation_ends_access_at_broker_registry_and_ca(domain: CaDomain) -> None:  # CA-6, CA-8
    alice = await domain.enrol("alice", "net")
    async with domain.open(alice) as endpoint, domain.operator() as boss:
        await RegistryClient(endpoint).register(Profile(skills=(Skill("net"),)))
        answer = await boss.revoke(Reason.KEY_COMPROMISE, name="alice")
        assert [status.state for status in answer.certificates] == [State.REVOKED]
        assert not answer.pending
        assert domain.intake.log[-1] == ("out", "alice")
        with pytest.raises(NotFound):
            domain.registry.resolve(ALICE)
        for service in (
            RegistryClient(endpoint, 0.5).find("net"),
            CaClient(endpoint, 0.5).status(name="alice"),
        ):
            with pytest.raises(TimedOut):
                await service
        denied = await boss.denied()
        assert denied.serials == (format(alice.credentials.identity.serial, "x"),)


async def test_a_revocation_that_could_not_be_told_is_told_by_the_sweep(domain: CaDomain) -> None:  # CA-8
    await domain.enrol("alice")
    async with domain.operator() as boss:
        domain.intake.broken = True
        assert (await boss.revoke(Reason.RETIRED, name="alice")).pending
        domain.intake.broken = False
        await domain.ca.sweep()
        assert domain.intake.log[-1] == ("out", "alice")
        assert not (await boss.revoke(Reason.RETIRED, name="alice")).pending


async def test_a_replaced_agent_is_put_out_before_its_successor_comes_in(domain: CaDomain) -> None:
    await domain.enrol("alice")
    async with domain.operator() as boss:
        text = await boss.token(MakeToken("alice", again=True))
    async with domain.newcomer(text) as newcomer:
        await newcomer.apply(Apply("alice", a_csr()))
    moves = [what for what, name in domain.intake.log if name == "alice"]
    assert moves[:2] == ["in", "out"]
    assert moves[-1] == "in"


async def test_revoking_one_of_two_certificates_leaves_the_agent_in(domain: CaDomain) -> None:
    alice = await domain.enrol("alice")
    async with domain.open(alice) as endpoint, domain.operator() as boss:
        await CaClient(endpoint).renew(a_csr())
        await boss.revoke(Reason.SUPERSEDED, serial=format(alice.credentials.identity.serial, "x"))
    assert domain.intake.log[-2:] == [("out", "alice"), ("in", "alice")]


async def test_holders_of_spent_and_expired_tokens_are_put_out(domain: CaDomain) -> None:
    await domain.enrol("alice")
    async with domain.operator() as boss:
        await boss.token(MakeToken("bob", lifetime_s=3600))
    await domain.ca.sweep()
    assert "out" not in [what for what, _ in domain.intake.log]
    domain.clock.now += domain.memory.settings.join_grace_s
    await domain.ca.sweep()
    assert [what for what, _ in domain.intake.log].count("out") == 1
    domain.clock.now += 3600
    await domain.ca.sweep()
    await domain.ca.sweep()
    assert [what for what, _ in domain.intake.log].count("out") == 2


async def test_the_operator_lets_a_peers_gateway_in(domain: CaDomain) -> None:
    async with domain.operator() as boss:
        made = await boss.link("b.example", a_csr(PartyId("gw", "b.example")))
    identity = TrustStore(domain.memory.bundle).verify(made, domain.clock())
    assert (identity.role, identity.peer) == (Role.LINK, "b.example")
    assert domain.intake.log[-1] == ("in", link_name("b.example"))
