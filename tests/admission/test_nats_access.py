"""What parties can reach on a live nats-server, and who is not let in at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from overlay.naming.ids import link_name
from overlay.transport.address import TlsFiles
from overlay.trust.identity import Role
from overlay.trust.keys import SigningKey
from tests.admission.nats_domain import NatsDomain, fresh
from tests.brokers.certificates import Ca, serial_of


async def test_an_agent_publishes_under_its_own_token_only(domain: NatsDomain) -> None:  # GW-17
    me, other = fresh(), fresh()
    agent = await domain.party(me)
    for mine in (
        f"ov.rt.high.agent.{other}.{me}",
        f"ov.rel.bulk.out.b_example.x.{me}",
        f"ov.svc.ca.status.{me}",
    ):
        assert await agent.may_publish(mine), mine
    for foreign in (
        f"ov.rt.high.agent.{other}.{other}",
        f"ov.rel.high.agent.{other}.gw",
        f"ov.rt.high.out.b_example.x.{other}",
        f"ov.svc.ca.status.{other}",
        f"ov.link.gw.hello.{me}.p1",
        f"ov.link.agent.x.{other}.{me}",
        f"_INBOX.{other}.x",
        "anything",
    ):
        assert not await agent.may_publish(foreign), foreign


async def test_an_agent_reads_its_own_mailboxes_only(domain: NatsDomain) -> None:
    me, other = fresh(), fresh()
    agent = await domain.party(me)
    for mine in (f"ov.rt.*.agent.{me}.*", f"ov.*.*.proc.{me}.slot.*", f"_INBOX.{me}.>"):
        assert await agent.may_subscribe(mine, "q"), mine
    for foreign in (
        ">",
        "ov.>",
        "_INBOX.>",
        "*.*.*.*.*.*",
        f"ov.rt.*.agent.{other}.*",
        f"ov.rel.*.agent.{other}.{me}",
        f"ov.*.*.proc.{other}.*.*",
        "ov.svc.>",
        "ov.rt.*.out.*.*.*",
        f"_INBOX.{other}.>",
        "$SYS.>",
    ):
        assert not await agent.may_subscribe(foreign), foreign


async def test_a_foreign_gateway_reaches_only_its_link(domain: NatsDomain) -> None:
    me = link_name("b.example")
    link = await domain.party(me, Role.LINK, peer="b.example")
    assert await link.may_publish(f"ov.link.gw.hello.{me}.p1")
    assert await link.may_subscribe(f"ov.link.{me}.p1.*.*")
    assert not await link.may_publish(f"ov.link.{me}.p1.gw.p2")
    assert not await link.may_publish(f"ov.rt.normal.agent.x.{me}")
    assert not await link.may_publish(f"ov.svc.registry.find.{me}")
    assert not await link.may_subscribe("ov.link.gw.hello.*.*")
    assert not await link.may_subscribe(f"ov.link.{link_name('c.example')}.p1.*.*")


async def test_tls_turns_away_what_the_ca_did_not_issue(domain: NatsDomain, tmp_path: Path) -> None:
    me = fresh()
    key = SigningKey.generate()
    good, _ = domain.ca.certificate(me)
    forged = x509.CertificateBuilder(
        issuer_name=domain.ca.root.subject,
        subject_name=good.subject,
        public_key=key.public,
        serial_number=good.serial_number,
        not_valid_before=good.not_valid_before_utc,
        not_valid_after=good.not_valid_after_utc,
        extensions=list(good.extensions),
    ).sign(key.private, hashes.SHA256())
    foreign = Ca(tmp_path, domain.ca.domain).issue(me)
    asked = domain.callout.admitted + domain.callout.refusals.total()
    for files in (
        domain.ca.issue(me, age_s=7200, lifetime_s=3600),
        domain.ca.write(forged, key),
        TlsFiles(domain.ca.file, foreign.certificate, foreign.key),
        domain.ca.issue("broker", Role.BROKER),
        domain.ca.issued_by_an_agent(me),
    ):
        assert await domain.is_refused(files, me)
    assert domain.callout.admitted + domain.callout.refusals.total() == asked


async def test_a_denied_certificate_is_refused_and_counted(domain: NatsDomain) -> None:  # CA-8
    me = fresh()
    files = domain.ca.issue(me)
    domain.trust.deny(domain.ca.domain, serial_of(files))
    before = domain.callout.refusals["revoked"]
    assert await domain.is_refused(files, me)
    assert domain.callout.refusals["revoked"] == before + 1


@pytest.mark.parametrize("user", ["sys", "auth", "provisioner"])
async def test_the_domains_own_users_need_their_password(domain: NatsDomain, user: str) -> None:
    with pytest.raises(Exception, match=r"(?i)authorization"):
        await domain.login(domain.ca.issue(fresh()), user, user=user, password="guess")


async def test_a_user_name_given_by_the_client_counts_for_nothing(domain: NatsDomain) -> None:
    me, other = fresh(), fresh()
    agent = await domain.login(domain.ca.issue(me), me, user=other, password="x")
    assert await agent.may_publish(f"ov.rt.high.agent.{other}.{me}")
    assert not await agent.may_publish(f"ov.rt.high.agent.{me}.{other}")
