"""A channel's past: recorded without a key, and given to who joins as far as it may have it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.channels.channel import Channel
from overlay.channels.charter import History, May
from overlay.channels.founding import Founding
from overlay.errors import NotPermitted
from tests.ca.ca_domain import CaDomain
from tests.channels.archive import Archive, recording
from tests.channels.company import Company
from tests.dict_registry import eventually


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    domain = CaDomain(tmp_path)
    async with domain.serving():
        yield Company(domain, tmp_path)


async def texts(channel: Channel) -> list[str]:
    return [one.message.text for one in await channel.past()]


async def test_who_joins_late_reads_all_of_the_past_where_the_channel_keeps_it(company: Company) -> None:
    archive = Archive(company.domain.clock)  # GW-24
    async with recording(company, archive), company.three() as (alice, bob, carol):
        channel = await alice.found("case", Founding(is_open=True, history=History.ALL, signed=True))
        await channel.publish("one")  # reliable by itself
        theirs = await bob.join(channel)
        await theirs.publish("two", reliable=True)
        await channel.publish("not kept", reliable=False)
        await eventually(lambda: archive.count(channel.id) == 2)
        late = await carol.join(channel)
        past = await late.past()
        assert [(one.number, str(one.message.sender), one.message.text) for one in past] == [
            (1, "alice@a.example", "one"),
            (2, "bob@a.example", "two"),
        ]
        assert [one.number for one in await late.past(after=1)] == [2]
        assert [one.number for one in await late.past(limit=1)] == [1]
        assert carol.heard.texts == []


async def test_of_a_recent_past_who_joins_reads_what_is_recent_and_no_more(company: Company) -> None:
    archive = Archive(company.domain.clock)  # GW-24
    async with recording(company, archive), company.some("alice", "bob", "carol", "dave") as people:
        alice, bob, carol, dave = people
        channel = await alice.found("case", Founding(is_open=True, history=History.RECENT, recent=2))
        await channel.publish("long ago")
        await bob.join(channel)  # another secret
        await channel.publish("lately")
        await channel.publish("just now")
        await eventually(lambda: archive.count(channel.id) == 3)
        late = await carol.join(channel)
        assert await texts(late) == ["lately", "just now"]
        assert carol.endpoint.counters["channel-past-unknown-key"] == 1
        assert len(alice.held(channel).past) == len(carol.held(channel).past) + 1
        await dave.join(channel)
        assert await texts(late) == ["lately", "just now"]  # keys that it had it keeps


async def test_who_records_a_channel_is_brought_what_is_published_and_never_has_a_key(
    company: Company,
) -> None:  # GW-24
    archive = Archive(company.domain.clock)
    async with recording(company, archive) as recorder, company.three() as (alice, bob, _):
        channel = await alice.found("case", Founding(is_open=True, history=History.ALL))
        await bob.join(channel)
        await channel.publish("secret")
        await eventually(lambda: archive.count(channel.id) == 1)
        assert b"secret" not in archive.lines[str(channel.id)][0].data
        assert recorder.groups.all() == []
        with pytest.raises(NotPermitted, match="gets no key"):
            await recorder.groups.join(channel.id, None)
        with pytest.raises(NotPermitted, match="gets no key"):
            await alice.groups.owning.key_for(channel.id, recorder.endpoint.me)


async def test_what_was_published_while_the_recorder_was_away_is_recorded_when_it_is_back(
    company: Company,
) -> None:  # GW-24
    archive = Archive(company.domain.clock)
    party = await company.member("sessions")
    async with company.some("alice") as (alice,):
        async with company.at_work(party, archive.answer) as recorder:
            recorder.groups.record_by(archive.take)
            channel = await alice.found("case", Founding(is_open=True, history=History.ALL))
            await channel.publish("before")
            await eventually(lambda: archive.count(channel.id) == 1)
        await channel.publish("meanwhile")
        async with company.at_work(party, archive.answer) as back:
            back.groups.record_by(archive.take)
            await eventually(lambda: archive.count(channel.id) == 2)
            assert await texts(channel) == ["before", "meanwhile"]


async def test_what_is_sealed_for_the_record_is_opened_by_members_also_when_it_is_old(
    company: Company,
) -> None:
    async with company.three() as (alice, bob, _):  # AG-1
        channel = await alice.found("case", Founding(is_open=True, history=History.ALL, signed=True))
        theirs = await bob.join(channel)
        event, envelope = await channel.seal(b"checked the line", {"step": "1"})
        company.domain.clock.now += 10 * alice.endpoint.settings.reliable_deadline_s
        message = theirs.open_recorded(envelope, company.domain.clock.now)
        assert (message.id, message.sender, message.text) == (event, alice.endpoint.me, "checked the line")
        assert message.attributes == {"step": "1"}


async def test_who_is_invited_to_read_only_or_to_publish_only_does_that_only(company: Company) -> None:
    async with company.three() as (alice, bob, carol):  # GW-9
        asked = {"bob@a.example": May.READ, "carol@a.example": May.PUBLISH}
        channel = await alice.found("case", Founding(invite=asked))
        reads, publishes = await bob.join(channel), await carol.join(channel)
        with pytest.raises(NotPermitted, match="may not publish"):
            await reads.publish("me too")
        await publishes.publish("a report")
        await channel.publish("to all")
        assert sorted(await bob.heard.until(2)) == ["a report", "to all"]
        assert await alice.heard.until(1) == ["a report"]
        assert carol.heard.texts == []


async def test_who_may_only_publish_is_granted_no_former_key(company: Company) -> None:  # GW-24
    archive = Archive(company.domain.clock)
    async with recording(company, archive), company.three() as (alice, bob, carol):
        invite = {str(bob.endpoint.me): May.PUBLISH, str(carol.endpoint.me): May.READ}
        channel = await alice.found("case", Founding(invite=invite, history=History.ALL))
        first = channel.membership.epoch.id
        reading = await carol.join(channel)
        publishing = await bob.join(channel)
        assert first in {epoch.id for epoch in carol.held(reading).past}
        assert bob.held(publishing).past == ()
