"""Agents that live in the domain's own folder."""

from __future__ import annotations

import asyncio

import pytest

from overlay.domain.residents import resident
from overlay.errors import BadName, BadSettings
from tests.live_domain import LiveDomain, fresh


async def test_a_resident_is_made_once_and_found_again(live: LiveDomain) -> None:
    name, skill = fresh("resident"), fresh("test.living")
    home = await resident(live.folder, name, (skill,))
    key = (home / "key.pem").read_bytes()
    assert await resident(live.folder, name, (f"{skill}.here",)) == home
    assert (home / "key.pem").read_bytes() == key


async def test_two_who_need_a_new_resident_at_once_make_one(live: LiveDomain) -> None:
    name = fresh("resident")
    homes = await asyncio.gather(*(resident(live.folder, name, ()) for _ in range(3)))
    assert set(homes) == {live.folder.agent(name)}


async def test_a_skill_beyond_its_certificate_is_said_before_anybody_is_asked(live: LiveDomain) -> None:
    name = fresh("resident")
    await resident(live.folder, name, ("test.one",))
    with pytest.raises(BadSettings, match=r"does not permit test\.two"):
        await resident(live.folder, name, ("test.one", "test.two"))


@pytest.mark.parametrize("name", ["ca", "gw", "operator", "link-x", "join-x"])
async def test_the_domains_own_names_are_not_for_agents(live: LiveDomain, name: str) -> None:
    with pytest.raises(BadSettings, match="choose another"):
        await resident(live.folder, name, ())
    with pytest.raises(BadName):
        await resident(live.folder, name.upper(), ())
