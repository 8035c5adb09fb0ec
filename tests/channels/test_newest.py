"""A member that was away while others came in publishes, and all who are in the channel then read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.channels.client import ChannelsClient
from overlay.channels.following import Following
from overlay.channels.protocol import ChannelLine
from overlay.errors import TimedOut, Unavailable
from overlay.naming.ids import PartyId
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company


async def test_a_member_that_was_away_while_somebody_joined_is_read_by_old_and_new_members(
    tmp_path: Path,
) -> None:  # GW-9
    domain = CaDomain(tmp_path)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.create("case", is_open=True)
            await bob.join(channel)
            dave = await company.member("dave")
            async with company.at_work(dave) as here:
                known = (await here.join(channel)).membership.epoch
            await carol.join(channel)
            domain.clock.now += 2 * alice.endpoint.settings.channel_overlap_s
            async with company.at_work(dave) as back:
                theirs = await back.join(channel)
                await theirs.publish("rt")
                await theirs.publish("rel", reliable=True)
                assert theirs.membership.epoch != known
                for member in (alice, bob, carol):
                    assert sorted(await member.heard.until(2)) == ["rel", "rt"]


async def test_without_the_newest_key_nothing_is_published_and_the_publisher_is_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # GW-9
    domain = CaDomain(tmp_path, channel_key_wait_s=0.5)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.create("case", is_open=True)
            theirs = await bob.join(channel)

            async def lost(*_: object) -> None:
                """What the owner tells does not arrive."""

            monkeypatch.setattr(Following, "turned", lost)
            monkeypatch.setattr(bob.endpoint, "ask", _away)
            await carol.join(channel)
            await bob.groups.check()
            with pytest.raises(Unavailable, match="not published: others came in"):
                await theirs.publish("who reads this?", reliable=True)
            with pytest.raises(TimedOut, match="has to be there"):
                await bob.groups.join(PartyId.parse("other@a.example"), alice.endpoint.me)


async def test_what_the_owner_told_meanwhile_is_taken_from_the_mailbox_when_it_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # GW-9
    domain = CaDomain(tmp_path)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, _):
            channel = await alice.create("case", is_open=True)
            dave = await company.member("dave")
            async with company.at_work(dave) as here:
                await here.join(channel)
            await bob.join(channel)
            async with company.at_work(dave) as back:
                monkeypatch.setattr(back.endpoint, "ask", _away)
                theirs = await back.join(channel)
                await theirs.publish("here I am")
                assert await bob.heard.until(1) == ["here I am"]


async def _away(*_: object, **__: object) -> None:
    raise TimedOut("alice@a.example did not answer within 10 s")


async def test_a_channel_that_we_come_into_while_the_registry_answers_is_not_taken_for_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = CaDomain(tmp_path)
    async with domain.serving(), Company(domain, tmp_path).three() as (alice, bob, _):
        await bob.join(await alice.create("first", is_open=True))
        second = await alice.create("second", is_open=True)
        ask = ChannelsClient.all

        async def slow(client: ChannelsClient) -> list[ChannelLine]:
            lines = await ask(client)
            monkeypatch.setattr(ChannelsClient, "all", ask)
            await bob.join(second)
            return lines

        monkeypatch.setattr(ChannelsClient, "all", slow)
        await bob.groups.check()
        assert {one.id.name for one in bob.groups.all()} == {"first", "second"}
