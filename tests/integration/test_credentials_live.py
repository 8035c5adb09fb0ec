"""A credential across domains: issued, held, shown, believed, revoked (CA-9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.protocol import IssueCredential, IssuerAdd
from overlay.credentials.wallet import FOLDER, Wallet
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import NotPermitted
from overlay.policy.rule import Demand, Rule
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import SETTINGS, Person, fresh, member, present, until

QUALIFIED = "medical-qualification"
CLAIMS = {"field": "surgery"}


@asynccontextmanager
async def ca_of(folder: DomainFolder) -> AsyncIterator[CredentialClient]:
    async with operator(folder) as hand:
        yield CredentialClient(hand.endpoint)


async def let_in(asker: Person, other: Person) -> bool:
    try:
        answer = await asker.agent.ask(other.id, b"may I?", skill=other.skill)
    except NotPermitted:
        return False
    return answer.body == b"may I?"


@pytest.mark.parametrize(("near", "far"), [("a", "b"), ("c", "d")], ids=["nats", "rabbitmq"])
async def test_a_credential_opens_a_peers_door_until_it_is_revoked(  # CA-9
    federation: Federation, near: str, far: str
) -> None:
    here, there, domain = federation[near], federation[far], f"{near}.example"
    await linked(Pair(here, there))
    issuer = f"did:web:{domain}"
    door = Rule((domain,), credential=Demand(QUALIFIED, issuer, {**CLAIMS}))
    async with ca_of(there) as far_ca:
        await far_ca.issuer_add(IssuerAdd(issuer, (QUALIFIED,)))
    name = fresh("surgeon")
    surgeon = await member(here, name)
    wallet = Wallet(here.agent(name) / FOLDER, SETTINGS)

    async def holds() -> bool:
        return bool(wallet.of_types([QUALIFIED]))

    async with ca_of(here) as ca, present(there, "ward", access=[door]) as ward:
        async with surgeon.agent:
            await surgeon.hears_of(ward)
            assert not await let_in(surgeon, ward)
        made = await ca.issue(IssueCredential(name, QUALIFIED, CLAIMS))
        async with surgeon.agent:
            await until(holds)
            assert await let_in(surgeon, ward)
            assert not (await ca.revoke(made.id)).pending

            async def shut() -> bool:
                return not await let_in(surgeon, ward)

            await until(shut)
