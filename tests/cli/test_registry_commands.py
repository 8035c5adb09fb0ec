"""`overlay registry`: entries, their history, and what an administrator decides."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from overlay.agent.agent import Agent
from overlay.domain.operator import operator
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Refused
from overlay.naming.ids import PartyId
from overlay.registry.approval.held import RegistrationHeld
from overlay.registry.record import Profile
from overlay.registry.registration.client import RegistrationClient
from overlay.settings import Settings
from tests.live_domain import LIMIT_S, Done, LiveDomain, fresh, overlay


async def registry(live: LiveDomain, *words: str) -> Done:
    return await overlay("registry", *words, "--home", live.home)


async def shown(live: LiveDomain, *words: str) -> dict[str, Any]:
    end = await registry(live, *words, "--json")
    assert end.code == 0, end.err
    found = json.loads(end.out)
    assert isinstance(found, dict)
    return found


async def echo(message: Message) -> bytes:
    return message.body


async def entered(live: LiveDomain, name: str, profile: Profile, *skills: str) -> None:
    """It enters once, and leaves."""
    home = await resident(live.folder, name, ("net", "law"))
    agent = Agent(home, profile=profile, settings=Settings(registration_wait_s=0.0))
    for skill in skills:
        agent.serves(skill)(echo)
    async with asyncio.timeout(LIMIT_S), agent:
        pass


async def test_an_entry_its_history_and_its_end(live: LiveDomain) -> None:  # REG-3
    name = fresh("counsel")
    await entered(live, name, Profile(version="1.4", description="Knows a lot"), "net", "law")
    with pytest.raises(BadInput, match=r"raise it to 2 or above.*no longer has 'law'"):
        await entered(live, name, Profile(version="1.5"), "net")
    await entered(live, name, Profile(version="2"), "net")
    listed = [one for one in (await shown(live, "list"))["agents"] if one["party"].startswith(name)]
    assert [one["profile"]["version"] for one in listed] == ["2"]
    (past,) = (await shown(live, "history", name))["history"]
    assert ("status" in listed[0], listed[0]["change"] > 0) == (False, True)
    words = (await registry(live, "show", name)).out
    assert "id: net" in words
    assert not set("{}[]") & set(words)
    assert (past["version"], past["became"]) == ("1.4", "2")
    assert past["broke"] == ["skills no longer has 'law'"]
    assert past["resource_id"] != listed[0]["resource_id"]
    assert (
        await registry(live, "remove", name, "--why", "test over")
    ).out == f"removed: {name}@{live.name}\n"
    async with operator(live.folder) as hand:
        assert name not in [
            PartyId.parse(one.party).name for one in await RegistrationClient(hand.registry).entries()
        ]


async def test_who_is_not_there_is_said_as_it_was_asked(live: LiveDomain) -> None:
    gone = await registry(live, "history", fresh("nobody"))
    assert (gone.code, "was never registered here" in gone.err) == (1, True)
    assert (await registry(live, "list", "--organisation", "Acme")).out == (
        "No agent of organisation 'Acme' has an entry.\n"
    )


async def test_registrations_are_held_denied_and_approved(live: LiveDomain, tmp_path: Path) -> None:  # REG-11
    name, policy = fresh("held"), tmp_path / "policy.toml"
    policy.write_text('[skills.law]\napprove = "administrator"\n')
    assert (await registry(live, "policy", "set", str(policy))).code == 0
    async with operator(live.folder) as hand:
        client = RegistrationClient(hand.registry)
        try:
            with pytest.raises(RegistrationHeld, match="overlay registry approve"):
                await entered(live, name, Profile(), "law")
            (item,) = (await shown(live, "requests"))["requests"]
            assert (item["name"], item["state"], item["held"]) == (name, "open", ["the skill 'law'"])
            assert (await registry(live, "deny", item["id"], "--why", "no licence")).code == 0
            with pytest.raises(Refused, match="no licence"):
                await entered(live, name, Profile(), "law")
            with pytest.raises(RegistrationHeld):
                await entered(live, name, Profile(description="Licence 7"), "law")
            (again,) = await client.registrations()
            assert (await registry(live, "approve", again.id)).code == 0
            await entered(live, name, Profile(description="Licence 7"), "law")
            assert await client.registrations(decided=True) == []
        finally:
            await client.set_policy("")


async def test_a_wrong_policy_is_said_before_it_is_set(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[skills.law]\naprove = "administrator"\n')
    wrong = await overlay("registry", "policy", "check", str(policy))
    assert (wrong.code, "did you mean approve" in wrong.err) == (2, True)
