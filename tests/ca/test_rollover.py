"""From one root to the next: in which order, who is told, and what is refused (CA-5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.ca.roots.card_keeper import CardKeeper
from overlay.ca.roots.protocol import CardTold, Phase, Step
from overlay.endpoint.domain_card import sign_domain_card
from overlay.errors import BadCertificate, BadSignature, Refused
from overlay.naming.ids import REGISTRY
from overlay.trust.bundle_news import open_bundle_news
from overlay.trust.identity import Role
from overlay.trust.keys import SigningKey
from overlay.wire.request import encode_struct
from tests.ca.rollover_domain import LEAD_S, RolloverDomain


@pytest.fixture
def domain(tmp_path: Path) -> RolloverDomain:
    return RolloverDomain(tmp_path)


async def test_the_new_root_is_announced_and_issues_nothing_before_its_time(domain: RolloverDomain) -> None:
    async with domain.rolling() as boss:
        state = await domain.step(boss, Step.START)
        assert (state.phase, len(state.roots)) == (Phase.ANNOUNCED, 2)
        await domain.rollover.look()
        old = domain.memory.issuer.root
        assert domain.cards.card.bundle.roots[0] == old
        assert domain.authority.issuer_of(Role.AGENT, "alice").root == old


async def test_after_the_lead_everything_but_ca_and_broker_is_issued_by_the_new_root(
    domain: RolloverDomain,
) -> None:
    async with domain.rolling() as boss:
        alice = await domain.enrol("alice")
        await domain.issue_from_now(boss)
        old, new = domain.memory.issuer.root, domain.cards.card.bundle.roots[0]
        assert new != old
        issued = (await domain.renewed(alice)).credentials
        assert issued.certificate.issuer == new.subject
        for name, role in (("broker", Role.BROKER), ("ca", Role.SERVICE)):
            made = domain.authority.issue_for_domain(SigningKey.generate().public, name, role)
            assert made.parsed.issuer == old.subject


async def test_the_new_root_does_not_issue_while_the_broker_refuses_it(domain: RolloverDomain) -> None:
    domain.hands.stubborn = True
    async with domain.rolling() as boss:
        await domain.step(boss, Step.START)
        domain.clock.now += LEAD_S
        with pytest.raises(Exception, match="unknown ca"):
            await domain.rollover.look()
        state = await domain.step(boss, Step.STATUS)
        assert (state.phase, "unknown ca" in state.note) == (Phase.ANNOUNCED, True)


async def test_what_is_only_announced_can_be_aborted_and_what_issues_cannot(domain: RolloverDomain) -> None:
    async with domain.rolling() as boss:
        await domain.step(boss, Step.START)
        state = await domain.step(boss, Step.ABORT)
        assert (state.phase, len(state.roots)) == (Phase.NONE, 1)
        await domain.issue_from_now(boss)
        with pytest.raises(Refused, match="issues already"):
            await domain.step(boss, Step.ABORT)


async def test_finishing_is_refused_while_somebody_holds_the_old_root_only(domain: RolloverDomain) -> None:
    async with domain.rolling() as boss:
        alice = await domain.enrol("alice")
        await domain.issue_from_now(boss)
        with pytest.raises(Refused, match="itself"):
            await domain.step(boss, Step.FINISH, force=True)
        await domain.renew(boss)
        with pytest.raises(Refused, match="alice"):
            await domain.step(boss, Step.FINISH)
        await domain.renewed(alice)
        state = await domain.step(boss, Step.FINISH)
        assert (state.phase, len(state.roots), state.holders) == (Phase.NONE, 1, ())
        assert len(domain.roots.load()) == len(domain.cards.card.roots) == 1


async def test_finishing_by_force_revokes_who_has_not_renewed_and_says_whom(domain: RolloverDomain) -> None:
    async with domain.rolling() as boss:
        alice = await domain.enrol("alice")
        await domain.issue_from_now(boss)
        await domain.renew(boss)
        state = await domain.step(boss, Step.FINISH, force=True)
        assert [holder.name for holder in state.holders] == ["alice"]
        assert ("out", "alice") in domain.intake.log
        with pytest.raises(BadCertificate):
            domain.ca_endpoint.trust.verify(alice.credentials.certificate, domain.clock())


async def test_a_restart_in_the_middle_finds_the_rollover_as_it_was(domain: RolloverDomain) -> None:
    async with domain.rolling() as boss:
        await domain.step(boss, Step.START)
        domain.begin()
        assert (await domain.step(boss, Step.STATUS)).phase is Phase.ANNOUNCED
        domain.authority.store.rollover.end()  # as if it had died before this was written
        domain.begin()
        domain.clock.now += LEAD_S
        await domain.rollover.look()
        domain.begin()
        assert domain.rollover.state().phase is Phase.ISSUING


async def test_who_was_away_all_the_time_still_learns_the_new_root_from_the_ca(
    domain: RolloverDomain,
) -> None:
    async with domain.rolling() as boss:
        alice = await domain.enrol("alice")
        await domain.issue_from_now(boss)
        async with domain.open(alice) as endpoint:
            assert await CardKeeper(endpoint, None).refresh()
            assert endpoint.trust.bundle("a.example").roots == domain.cards.card.bundle.roots


async def test_news_of_the_domain_are_believed_of_its_ca_only_and_never_go_back(
    domain: RolloverDomain,
) -> None:
    async with domain.rolling() as boss:
        alice = await domain.enrol("alice")
        ca, first = domain.ca_endpoint.party.credentials, domain.cards.card
        await domain.step(boss, Step.START)
        registry = domain.memory.party(REGISTRY, Role.SERVICE).credentials
        async with domain.open(alice) as endpoint:
            keeper = CardKeeper(endpoint, None)
            await keeper.refresh()
            assert keeper.epoch == first.epoch + 1
            with pytest.raises(BadSignature):
                keeper.heard(encode_struct(CardTold(sign_domain_card(domain.cards.card, registry), b"")))
            keeper.heard(encode_struct(CardTold(sign_domain_card(first, ca), b"")))
            assert keeper.epoch == first.epoch + 1


async def test_peers_are_told_of_the_new_roots_and_of_their_epoch(domain: RolloverDomain) -> None:
    told: list[bytes] = []
    async with domain.rolling() as boss:
        pinned = boss.party.trust_store()
        await domain.step(boss, Step.START)
        keeper = CardKeeper(boss, None, learned=lambda _, bundle: told.append(bundle))
        await keeper.refresh()
        bundle, epoch = open_bundle_news(told[-1], pinned, domain.clock())
        assert (bundle, epoch) == (domain.cards.card.bundle, domain.cards.card.epoch)
