"""Deputies: they let in, remove and renew the key while the owner is away, and no more than that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from overlay.ca.protocol import Reason
from overlay.channels.admitting import with_member
from overlay.channels.channel import Channel
from overlay.channels.charter import History
from overlay.channels.client import ChannelsClient
from overlay.channels.founding import Founding
from overlay.channels.roster import digest_of, sign_roster
from overlay.errors import NotPermitted, Refused
from overlay.naming.ids import PartyId
from overlay.registry.client import RegistryClient
from tests.ca.ca_domain import CaDomain
from tests.channels.archive import Archive, recording
from tests.channels.company import Company, Someone
from tests.dict_registry import eventually


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    domain = CaDomain(tmp_path, channel_deputy_wait_s=0.3)
    async with domain.serving():
        yield Company(domain, tmp_path)


def names(channel: Channel) -> set[str]:
    return {member.party.partition("@")[0] for member in channel.members}


def _knows(theirs: Channel, channel: Channel) -> bool:
    return theirs.deputies == channel.deputies


def _is_at(theirs: Channel, version: int) -> bool:
    return theirs.membership.roster.version == version


async def with_deputies(owner: Someone, *deputies: Someone, is_open: bool = False) -> Channel:
    named = [one.endpoint.me for one in deputies]
    channel = await owner.found("case", Founding(is_open, deputies=named))
    for one in deputies:
        await one.join(channel)
    for one in deputies:
        theirs = one.groups.all()[0]
        await eventually(partial(_knows, theirs, channel))
    return channel


async def test_a_deputy_lets_in_and_puts_out_while_the_owner_is_away_and_the_owner_learns_it(
    company: Company,
) -> None:  # GW-9
    alice = await company.member("alice")
    async with company.some("bob", "carol", "dave") as (bob, carol, dave):
        async with company.at_work(alice) as owner:
            channel = await with_deputies(owner, bob)
            await channel.invite(carol.endpoint.me)
            await channel.invite(dave.endpoint.me)
            await eventually(lambda: len(bob.held(channel).invited) == 3)
        theirs = bob.groups.all()[0]
        await carol.join(theirs)
        gone = await dave.join(theirs)
        await theirs.remove(dave.endpoint.me)
        await eventually(lambda: not gone.open)
        await theirs.publish("without the owner", reliable=True)
        assert await carol.heard.until(1) == ["without the owner"]
        with pytest.raises(NotPermitted):
            await theirs.release()
        with pytest.raises(NotPermitted, match="appoints deputies"):
            await theirs.appoint(carol.endpoint.me)
        async with company.at_work(alice) as back:
            again = back.groups.all()[0]
            again.handle_by(back.heard)
            assert await back.heard.until(1) == ["without the owner"]
            assert names(again) == {"alice", "bob", "carol"}
            await again.publish("back", reliable=True)
            assert (await carol.heard.until(2))[1] == "back"


async def test_of_two_who_change_it_at_once_one_is_first_and_the_other_goes_on_from_that(
    company: Company,
) -> None:  # GW-9
    async with company.some("alice", "bob", "carol", "dave", "erin") as (alice, bob, carol, dave, erin):
        channel = await with_deputies(alice, bob, carol, is_open=True)
        changes = (
            (alice, dave.endpoint.me),
            (bob, erin.endpoint.me),
            (carol, PartyId.of("frank", "a.example")),
        )
        before = channel.membership.roster.version
        await asyncio.gather(
            *(
                who.groups.owning.change(channel.id, partial(with_member, party=one, may=None))
                for who, one in changes
            )
        )
        for someone in (alice, bob, carol):
            theirs = someone.groups.all()[0]
            await eventually(partial(_is_at, theirs, before + 3))
            assert names(theirs) == {"alice", "bob", "carol", "dave", "erin", "frank"}
            assert theirs.membership.epoch == channel.membership.epoch


async def test_a_deputy_that_is_dismissed_changes_nothing_any_more(company: Company) -> None:  # GW-17
    async with company.three() as (alice, bob, carol):
        channel = await with_deputies(alice, bob)
        theirs = bob.groups.all()[0]
        old = theirs.membership.roster
        statement = theirs.membership.statement
        await channel.dismiss(bob.endpoint.me)
        await eventually(lambda: theirs.deputies == ())
        with pytest.raises(NotPermitted, match="is no deputy"):
            await theirs.invite(carol.endpoint.me)
        coming = msgspec.structs.replace(
            with_member(old, carol.endpoint.me, None), before=digest_of(statement), version=old.version + 9
        )
        forged = sign_roster(coming, bob.endpoint.party.credentials)
        with pytest.raises(Refused, match="its owner has said otherwise since"):
            await ChannelsClient(RegistryClient(bob.endpoint)).put(forged)
        assert names(channel) == {"alice", "bob"}


async def test_a_revoked_member_is_out_and_the_key_renewed_by_a_deputy_while_the_owner_is_away(
    company: Company,
) -> None:  # CA-8
    alice = await company.member("alice")
    async with company.some("bob", "carol") as (bob, carol):
        async with company.at_work(alice) as owner:
            channel = await with_deputies(owner, bob, is_open=True)
            await carol.join(channel)
        theirs = bob.groups.all()[0]
        await eventually(lambda: "carol" in names(theirs))
        before = theirs.membership.epoch
        async with company.domain.operator() as boss:
            await boss.revoke(Reason.KEY_COMPROMISE, name="carol")
        await company.domain.registry_service.channels.sweep()
        await bob.groups.check()
        assert names(theirs) == {"alice", "bob"}
        assert theirs.membership.epoch.secret != before.secret


async def test_a_change_of_which_nobody_has_the_key_is_followed_by_another(company: Company) -> None:
    async with company.three() as (alice, bob, carol):  # GW-9
        channel = await with_deputies(alice, bob, is_open=True)
        theirs = bob.groups.all()[0]
        roster = theirs.membership.roster
        lost = msgspec.structs.replace(
            with_member(roster, carol.endpoint.me, None), before=digest_of(theirs.membership.statement)
        )
        statement = sign_roster(lost, bob.endpoint.party.credentials)  # and then its process died
        taken = await ChannelsClient(RegistryClient(bob.endpoint)).put(statement)
        assert taken.stands
        await alice.groups.check()
        joined = await carol.join(channel)
        await channel.publish("all have it", reliable=True)
        for someone in (bob, carol):
            assert await someone.heard.until(1) == ["all have it"]
        assert joined.membership.roster.version == lost.version + 1


async def test_a_deputy_grants_the_past_to_who_joins_while_the_owner_is_away(company: Company) -> None:
    archive = Archive(company.domain.clock)  # GW-24
    alice = await company.member("alice")
    async with recording(company, archive), company.some("bob", "carol", "dave") as (bob, carol, dave):
        async with company.at_work(alice) as owner:
            channel = await owner.found("case", Founding(is_open=True, history=History.ALL))
            await channel.publish("first")
            await dave.join(channel)
            await channel.publish("second")
            await bob.join(channel)
            await channel.appoint(bob.endpoint.me)
            theirs = bob.groups.all()[0]
            await eventually(lambda: theirs.deputies == (bob.endpoint.me,))
            await eventually(lambda: len(bob.held(channel).past) == 3)
            await eventually(lambda: archive.count(channel.id) == 2)
        late = await carol.join(theirs)
        assert [one.message.text for one in await late.past()] == ["first", "second"]


async def test_an_invitation_is_known_after_a_restart_and_says_whom_to_ask(company: Company) -> None:
    alice, carol = await company.member("alice"), await company.member("carol")  # GW-9
    async with company.some("bob") as (bob,):
        async with company.at_work(alice) as owner, company.at_work(carol) as invited:
            channel = await with_deputies(owner, bob)
            await channel.invite(invited.endpoint.me)
            await eventually(lambda: len(invited.groups.invitations) == 1)
            await eventually(lambda: len(bob.held(channel).invited) == 2)
        async with company.at_work(carol) as back:
            asked = back.groups.invitations.authorities(channel.id)
            assert asked == (alice.id, bob.endpoint.me)
            await back.join(channel)
            assert names(back.groups.all()[0]) == {"alice", "bob", "carol"}
