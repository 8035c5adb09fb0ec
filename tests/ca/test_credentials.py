"""The CA as an issuer of credentials, asked over the broker (CA-9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from overlay.agent.papers import Papers
from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.protocol import IssueCredential, IssuerAdd
from overlay.ca.credentials.sources import follow_ended, verifier_at
from overlay.ca.protocol import Apply, MakeToken, Reason
from overlay.ca.revocation.protocol import Restore
from overlay.ca.revocation.restore_token import parse_restore_token
from overlay.credentials.issuers import Voucher
from overlay.errors import BadCredential, BadInput, NotFound, OverlayError, Refused
from overlay.naming.ids import OPERATOR, PartyId
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.ca_domain import CaDomain
from tests.ca.office import Office

ALICE, QUALIFIED = PartyId("alice", "a.example"), "medical-qualification"
COLLEGE = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.fixture
async def domain(tmp_path: Path) -> AsyncIterator[CaDomain]:
    made = CaDomain(tmp_path)
    async with made.serving():
        yield made


@asynccontextmanager
async def boss(domain: CaDomain) -> AsyncIterator[CredentialClient]:
    async with domain.memory.open(OPERATOR, Role.OPERATOR) as endpoint:
        yield CredentialClient(endpoint)


async def issue(domain: CaDomain, **changes: object) -> str:
    values: dict[str, object] = {"name": "alice", "type": QUALIFIED, "claims": {"field": "surgery"}}
    async with boss(domain) as operator:
        made = await operator.issue(msgspec.convert(values | changes, IssueCredential))
    return made.id


async def test_an_agent_gets_its_credential_and_shows_it_until_it_is_revoked(
    domain: CaDomain, tmp_path: Path
) -> None:
    alice, bob = await domain.enrol("alice"), await domain.enrol("bob")
    credential = await issue(domain)
    async with domain.open(alice) as of_alice, domain.open(bob) as of_bob:
        papers, verifier = Papers(of_alice, tmp_path), verifier_at(of_bob)
        follow_ended(of_bob)
        await papers.refill()
        (text,) = papers.wallet.of_types([QUALIFIED])
        found = await verifier.verify(text, ALICE)
        assert (found.id, found.claims) == (credential, {"field": "surgery"})
        async with boss(domain) as operator:
            ended = await operator.revoke(credential)
            assert not ended.pending
            assert [item.revoked_at > 0 for item in await operator.issued("alice")] == [True]
        with pytest.raises(BadCredential, match=r"^revoked"):
            await verifier.verify(text, ALICE)
        with pytest.raises(BadCredential, match=r"^revoked"):
            await verifier_at(of_bob).verify(text, ALICE)
        await papers.refill()
        assert papers.wallet.held() == []


async def test_a_credential_that_is_wanted_before_it_was_fetched_is_fetched(
    domain: CaDomain, tmp_path: Path
) -> None:
    alice = await domain.enrol("alice")
    async with domain.open(alice) as endpoint:
        papers = Papers(endpoint, tmp_path)
        await issue(domain)
        assert await papers.of_types(["pilot"]) == []
        assert len(await papers.of_types([QUALIFIED])) == 1


async def test_a_name_that_is_given_to_another_takes_no_credentials_along(domain: CaDomain) -> None:
    alice, bob = await domain.enrol("alice"), await domain.enrol("bob")
    await issue(domain)
    async with domain.open(alice) as endpoint:
        (old,) = (await CredentialClient(endpoint).held()).credentials
    domain.clock.now += 1
    async with domain.operator() as ca:
        text = await ca.token(MakeToken("alice", again=True))
    key = SigningKey.generate()
    async with domain.newcomer(text) as newcomer:
        certificate = await newcomer.apply(Apply("alice", make_csr(key, ALICE)))
    async with domain.open(domain.party(certificate, key, domain.memory.card)) as successor:
        assert (await CredentialClient(successor).held()).credentials == ()
    async with domain.open(bob) as of_bob:
        with pytest.raises(BadCredential, match=r"^revoked"):
            await verifier_at(of_bob).verify(old, ALICE)


async def test_who_gets_a_name_back_gets_nothing_that_another_holder_had_meanwhile(domain: CaDomain) -> None:
    alice = await domain.enrol("alice")
    old, key = alice.credentials.identity, alice.credentials.key
    for serial in (old.serial, 0):
        domain.clock.now += 1
        async with domain.operator() as ca:
            await ca.revoke(Reason.WITHDRAWN, name="alice")
        domain.clock.now += 1
        if serial:
            await domain.enrol("alice")
            await issue(domain)
    async with domain.operator() as ca:
        token = parse_restore_token((await ca.restore(Restore("alice", f"{old.serial:x}"))).text)
    async with domain.holder(token.certificate, token.key, token.domain_card) as client:
        certificate = await client.reclaim("alice", make_csr(key, ALICE))
    async with domain.open(domain.party(certificate, key, domain.memory.card)) as back:
        assert (await CredentialClient(back).held()).credentials == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "nobody"}, Refused),
        ({"name": "registry"}, Refused),
        ({"type": "Medical Qualification"}, BadInput),
        ({"claims": {"id": "did:web:evil.example"}}, BadInput),
        ({"claims": {"a": "x" * 401}}, BadInput),
        ({"claims": {f"c{number}": "" for number in range(33)}}, BadInput),
        ({"days": 366.0}, BadInput),
        ({"days": -1.0}, BadInput),
    ],
)
async def test_what_the_ca_does_not_vouch_for(
    domain: CaDomain, changes: dict[str, object], error: type[OverlayError]
) -> None:
    await domain.enrol("alice")
    with pytest.raises(error):
        await issue(domain, **changes)
    async with boss(domain) as operator:
        assert await operator.issued() == []
    assert any(entry.outcome.startswith(error.reason) for entry in domain.store.audit.entries(limit=1000))


async def test_only_the_operator_issues_revokes_and_lists(domain: CaDomain) -> None:
    async with domain.open(await domain.enrol("alice")) as endpoint:
        client = CredentialClient(endpoint)
        for asked in (
            client.issue(IssueCredential("alice", QUALIFIED)),
            client.revoke("urn:uuid:x"),
            client.issued(),
            client.issuer_add(IssuerAdd(COLLEGE, (QUALIFIED,))),
            client.issuer_remove(COLLEGE),
        ):
            with pytest.raises(Refused, match="permission"):
                await asked


async def test_the_trust_list_is_signed_and_follows_its_file(domain: CaDomain, tmp_path: Path) -> None:
    async with boss(domain) as operator:
        await operator.issuer_add(IssuerAdd(COLLEGE, ("pilot",)))
        await operator.issuer_add(IssuerAdd(COLLEGE, (QUALIFIED, "nurse")))
        assert (await operator.issuers()).issuers == (Voucher(COLLEGE, (QUALIFIED, "nurse")),)
        for wrong in (
            IssuerAdd("did:ion:x", ("a",)),
            IssuerAdd("did:web:a.example", ("a",)),
            IssuerAdd(COLLEGE, ()),
        ):
            with pytest.raises(OverlayError):
                await operator.issuer_add(wrong)
        with pytest.raises(NotFound):
            await operator.issuer_remove("did:web:b.example")
        await operator.issuer_remove(COLLEGE)
        assert (await operator.issuers()).issuers == ()
        file = tmp_path / "issuers.toml"
        file.write_text(f'[[issuer]]\ndid = "{COLLEGE}"\ntypes = ["*"]\n')
        assert (await operator.issuers()).issuers == (Voucher(COLLEGE, ("*",)),)
        file.write_text('[[issuer]]\ndid = "x"\ntypes = ["*"]\n')
        with pytest.raises(OverlayError, match=r"issuers\.toml"):
            await operator.issuers()
    what = [entry.what for entry in domain.store.audit.entries(limit=1000)]
    assert f"issuer add {QUALIFIED} nurse" in what
    assert "issuer remove" in what
    assert domain.store.audit.verify()


def test_which_credentials_ended_is_found_without_reading_all_tokens_for_each(office: Office) -> None:
    plan = office.store._db.execute(
        "EXPLAIN QUERY PLAN SELECT place FROM credentials_now WHERE valid_until > 0 AND ended IS NOT NULL"
    )
    steps = [str(row[3]) for row in plan]
    assert [step for step in steps if step.startswith("SCAN") and "credentials" not in step] == []
    assert any("tokens_by_name" in step for step in steps)
