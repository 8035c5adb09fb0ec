"""Registration on both brokers: waiting for approval, claiming by credential, publishing by consent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from overlay.agent.agent import Agent
from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.protocol import IssueCredential
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.registry.record import Profile, Readiness
from overlay.registry.registration.client import RegistrationClient
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import LIMIT_S, SETTINGS, fresh, until

PAIRS = pytest.mark.parametrize(("near", "far"), [("a", "b"), ("c", "d")], ids=["nats", "rabbitmq"])
PATIENT = SETTINGS.model_copy(update={"registration_wait_s": LIMIT_S, "registration_poll_s": 0.2})


async def echo(message: Message) -> bytes:
    return message.body


@asynccontextmanager
async def policed(hand: Operator, skill: str) -> AsyncIterator[RegistrationClient]:
    """Whoever offers this skill waits for approval."""
    client = RegistrationClient(hand.registry)
    await client.set_policy(f'[skills."{skill}"]\napprove = "administrator"')
    try:
        yield client
    finally:
        await client.set_policy("")


async def newcomer(
    folder: DomainFolder, name: str, skill: str, profile: Profile, *, certified: bool = True
) -> Agent:
    agent = Agent(
        await resident(folder, name, (skill,) if certified else ()), settings=PATIENT, profile=profile
    )
    agent.serves(skill)(echo)
    return agent


@PAIRS
async def test_an_agent_is_found_when_the_operator_has_approved_it(
    federation: Federation, near: str, far: str
) -> None:  # REG-11
    folder, name = federation[near], fresh("repairer")
    skill, party = f"test.{name}", PartyId(name, f"{near}.example")
    agent = await newcomer(folder, name, skill, Profile())
    async with operator(folder) as hand, policed(hand, skill) as client:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def live() -> None:
            async with agent:
                entered.set()
                await leave.wait()

        life = asyncio.create_task(live())

        async def waits() -> bool:
            return name in [request.name for request in await client.registrations()]

        await until(waits)
        with pytest.raises(NotFound):
            await hand.registry.resolve(party)
        (request,) = [one for one in await client.registrations() if one.name == name]
        await client.approve(request.id)
        async with asyncio.timeout(LIMIT_S):
            await entered.wait()
            assert [one.id for one in (await hand.registry.resolve(party)).profile.skills] == [skill]
            await agent.report(Readiness.DRAINING, load=0.5, text="until noon")
            assert (await hand.registry.resolve(party)).status.text == "until noon"
            leave.set()
            await life


@PAIRS
async def test_a_credential_grants_a_skill_until_it_is_revoked_and_a_peer_sees_what_the_owner_shows(
    federation: Federation, near: str, far: str
) -> None:  # REG-2, REG-12
    here, there, name = federation[near], federation[far], fresh("advocate")
    await linked(Pair(here, there))
    skill, party = f"test.{name}", PartyId(name, f"{near}.example")
    async with operator(here) as hand, operator(there) as other:
        await resident(here, name, ())
        ca = CredentialClient(hand.endpoint)
        made = await ca.issue(IssueCredential(name, "skill", {"skills": skill}))
        profile = Profile(
            description="of this domain only", credentials=(made.jwt,), consent={"description": ("domain",)}
        )
        async with await newcomer(here, name, skill, profile, certified=False):
            assert [one.type for one in (await hand.registry.resolve(party)).verified] == ["skill"]

            async def known() -> bool:
                try:
                    return bool(await other.registry.resolve(party))
                except NotFound:
                    return False

            await until(known)
            told = (await other.registry.resolve(party)).profile
            assert (told.description, told.consent) == ("", {})
            assert not (await ca.revoke(made.id)).pending

            async def lapsed() -> bool:
                record = await hand.registry.resolve(party)
                return (record.profile.skills, record.verified) == ((), ())

            await until(lapsed)
