"""Agents that mean harm to channels which are not theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.channels.roster import Member, Roster, sign_roster
from overlay.channels.talk import TOPIC, AskKey, Invite, encode_talk
from overlay.errors import NotPermitted
from overlay.naming.ids import PartyId
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company, Someone
from tests.dict_registry import eventually


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    domain = CaDomain(tmp_path)
    async with domain.serving():
        yield Company(domain, tmp_path)


async def asked(someone: Someone, owner: Someone, channel: str) -> bytes:
    body = encode_talk(AskKey(channel))
    return (await someone.endpoint.ask(owner.endpoint.me, body, topic=TOPIC)).body


async def test_who_was_never_in_a_channel_learns_neither_its_secret_nor_its_members(
    company: Company,
) -> None:  # GW-9
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", "bob@a.example")
        await bob.join(channel)
        with pytest.raises(NotPermitted):
            await asked(carol, alice, str(channel.id))
        await channel.remove(bob.endpoint.me)
        assert b"carol" not in await asked(
            bob, alice, str(channel.id)
        )  # who was in it may hear that it is not


async def test_invitations_without_end_take_the_place_of_their_senders_own(company: Company) -> None:  # GW-9
    async with company.three() as (alice, bob, carol):
        limit = bob.endpoint.settings.channels_per_owner

        async def invite(owner: Someone, name: str) -> None:
            me = str(owner.endpoint.me)
            roster = Roster(f"{name}@a.example", me, 1, (Member(me, 1),))
            talk = encode_talk(Invite(sign_roster(roster, owner.endpoint.party.credentials)))
            await owner.endpoint.ask(bob.endpoint.me, talk, topic=TOPIC)

        await invite(alice, "case")
        for number in range(limit + 10):
            await invite(carol, f"n{number}")
        await eventually(lambda: len(bob.groups.invitations) == limit + 1)
        assert bob.groups.invitations.authorities(PartyId.parse("case@a.example")) == (alice.endpoint.me,)
