"""Applications asked over the broker, in memory: who may ask what, and who stays let in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.ca.applications.held import Held
from overlay.ca.applications.join_token import parse_token
from overlay.ca.applications.policy_file import PolicyFile
from overlay.ca.applications.protocol import Approve
from overlay.ca.client import CaClient
from overlay.ca.protocol import Apply, MakeToken
from overlay.errors import NotFound, Refused
from overlay.naming.ids import PartyId
from overlay.trust.bundle import load_certificate
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.ca_domain import CaDomain

BOB = PartyId("bob", "a.example")


@pytest.fixture
async def domain(tmp_path: Path) -> AsyncIterator[CaDomain]:
    made = CaDomain(tmp_path)
    (tmp_path / "policy.toml").write_text('unknown = "hold"\n[organisations.""]\napprove = "automatic"\n')
    made.authority.use_policy(PolicyFile(tmp_path / "policy.toml"))
    async with made.serving():
        yield made


async def test_a_held_newcomer_stays_let_in_until_it_has_its_certificate(domain: CaDomain) -> None:  # CA-2
    async with domain.operator() as boss:
        token = parse_token(await boss.token(MakeToken("bob", lifetime_s=60)))
        ask = Apply("bob", make_csr(SigningKey.generate(), BOB), organisation="Evil")
        key = SigningKey.from_pem(token.key)
        first = domain.party(load_certificate(token.certificate), key, domain.memory.card)
        async with domain.open(first) as endpoint:
            with pytest.raises(Held) as held:
                await CaClient(endpoint).apply(ask)
        domain.clock.now += 3600
        await domain.ca.sweep()
        assert "out" not in [what for what, _ in domain.intake.log]
        page = await boss.requests()
        assert [(one.id, one.name, one.state) for one in page.requests] == [
            (held.value.request, "bob", "open")
        ]
        await boss.approve(Approve(held.value.request))
        domain.clock.now += domain.memory.settings.join_grace_s
        await domain.ca.sweep()
        again = domain.party(load_certificate(held.value.enrolment), key, domain.memory.card)
        async with domain.open(again) as endpoint:
            certificate = await CaClient(endpoint).apply(ask)
        assert format(certificate.serial_number, "x") == (await boss.status(name="bob")).serial
        domain.clock.now += domain.memory.settings.join_grace_s
        await domain.ca.sweep()
        joiner = again.credentials.party.name
        assert [entry for entry in domain.intake.log if entry[0] == "out"] == [("out", joiner)] * 2


async def test_only_the_operator_sees_and_decides_applications(domain: CaDomain) -> None:
    alice = await domain.enrol("alice")
    async with domain.operator() as boss:
        text = await boss.token(MakeToken("bob"))
        with pytest.raises(NotFound, match="request: there is none"):
            await boss.deny("nonsense", "why not")
    async with domain.open(alice) as endpoint, domain.newcomer(text) as newcomer:
        for asker in (CaClient(endpoint), newcomer):
            for question in (asker.requests(), asker.approve(Approve("x")), asker.deny("x", "why")):
                with pytest.raises(Refused, match="permission"):
                    await question
