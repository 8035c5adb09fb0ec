"""What an agent publishes is enforced when it is called: the interface's rule before the agent's (REG-13)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from overlay.agent.callers import Access, Callers
from overlay.credentials.credential import Credential
from overlay.description.enforcement import access_of
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadCredential, BadSettings, NotPermitted
from overlay.naming.ids import PartyId
from overlay.registry.record import Interface, Profile, Skill
from tests.description.profiles import CLINIC, DIAGNOSIS, ECHO, MEDICAL
from tests.endpoint.handlers import echo
from tests.memory_domain import MemoryDomain, peered, quick

CLINIC_ID = PartyId.of("clinic", "a.example")
QUALIFIED = "medical-qualification"


class Pocket:
    """A wallet."""

    def __init__(self, *held: str) -> None:
        self._held = held

    async def of_types(self, types: Collection[str]) -> list[str]:
        return list(self._held) if QUALIFIED in types else []


class Expert:
    """Finds every credential `of <name>` good for that name."""

    version = 0

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        if jwt != f"of {subject}":
            raise BadCredential("subject: somebody else's")
        return Credential(QUALIFIED, "did:web:health.example", subject.did, {}, 4e9, "urn:1")


@asynccontextmanager
async def calling(profile: Profile, caller: PartyId, *held: str) -> AsyncIterator[Endpoint]:
    """Somebody who can ask clinic@a.example, which enforces what its profile says."""
    home, abroad = (MemoryDomain(name, quick()) for name in ("a.example", "b.example"))
    server = home.party("clinic")
    asker = (home if caller.domain == "a.example" else abroad).party(caller.name)
    domain = home if caller.domain == "a.example" else abroad
    async with peered(home, abroad), home.open(server) as clinic, domain.open(asker) as client:
        clinic.gate.policy = access_of(profile)
        clinic.gate.use_proofs(Expert())
        client.use_wallet(Pocket(*held))
        await clinic.serve(echo)
        yield client


BO, AL = PartyId.of("bo", "b.example"), PartyId.of("al", "a.example")


@pytest.mark.parametrize("who", [AL, BO])
async def test_without_the_credential_the_interface_refuses_and_the_rest_lets_in(who: PartyId) -> None:
    async with calling(CLINIC, who) as client:
        with pytest.raises(NotPermitted, match=QUALIFIED):
            await client.ask(CLINIC_ID, b"?", topic=DIAGNOSIS)
        assert (await client.ask(CLINIC_ID, b"hello", topic=ECHO)).body == b"hello"


async def test_with_the_credential_the_interface_lets_in() -> None:
    async with calling(CLINIC, BO, f"of {BO}") as client:
        assert (await client.ask(CLINIC_ID, b"?", topic=DIAGNOSIS)).body == b"?"


async def test_an_interface_may_be_more_open_than_the_agent() -> None:
    desk = Interface("desk", "natural-language", skills=(ECHO,), security=("anyone",))
    profile = Profile(skills=(Skill(DIAGNOSIS), Skill(ECHO)), interfaces=(desk,), security=(MEDICAL,))
    async with calling(profile, BO) as client:
        assert (await client.ask(CLINIC_ID, b"hello", topic=ECHO)).body == b"hello"
        with pytest.raises(NotPermitted, match=QUALIFIED):
            await client.ask(CLINIC_ID, b"?", topic=DIAGNOSIS)


@pytest.mark.parametrize("access", [["b.example"], access_of(Profile())])
def test_who_publishes_rules_has_no_others(tmp_path: Path, access: Access) -> None:
    with pytest.raises(BadSettings, match="the agent's description says who may call"):
        Callers(tmp_path, access).publish(CLINIC)
    callers = Callers(tmp_path, access)
    callers.publish(Profile())
    assert callers.policy()


async def test_a_published_rule_is_not_changed_beside_its_description(tmp_path: Path) -> None:
    callers = Callers(tmp_path, ())
    callers.publish(CLINIC)
    assert callers.policy() == access_of(CLINIC)
    with pytest.raises(BadSettings, match="change it there"):
        await callers.change(["anyone"])
