"""A credential across domains: issued, held, shown, believed, revoked (CA-9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.ca.credential_client import CredentialClient
from overlay.ca.credential_protocol import IssueCredential, IssuerAdd
from overlay.credentials.wallet import FOLDER, Wallet
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import NotPermitted
from overlay.policy.rule import Demand, Rule
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import SETTINGS, Person, fresh, member, present, until

QUALIFIED, ISSUER = "medical-qualification", "did:web:a.example"
DOOR = Rule(("a.example",), credential=Demand(QUALIFIED, ISSUER, {"field": "surgery"}))


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


async def test_a_credential_opens_a_peers_door_until_it_is_revoked(federation: Federation) -> None:  # CA-9
    here, there = federation["a"], federation["b"]
    await linked(Pair(here, there))
    async with ca_of(there) as far_ca:
        await far_ca.issuer_add(IssuerAdd(ISSUER, (QUALIFIED,)))
    name = fresh("surgeon")
    surgeon = await member(here, name)
    wallet = Wallet(here.agent(name) / FOLDER, SETTINGS)

    async def holds() -> bool:
        return bool(wallet.of_types([QUALIFIED]))

    async with ca_of(here) as ca, present(there, "ward", access=[DOOR]) as ward:
        async with surgeon.agent:
            await surgeon.hears_of(ward)
            assert not await let_in(surgeon, ward)
        made = await ca.issue(IssueCredential(name, QUALIFIED, {"field": "surgery"}))
        async with surgeon.agent:
            await until(holds)
            assert await let_in(surgeon, ward)
            assert not (await ca.revoke(made.id)).pending

            async def shut() -> bool:
                return not await let_in(surgeon, ward)

            await until(shut)
