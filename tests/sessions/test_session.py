"""Sessions inside one domain: one order for all, and all of it for who comes later or again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.channels.charter import History
from overlay.channels.founding import Founding
from overlay.errors import BadInput, NotFound, NotPermitted, Refused, TooLarge
from overlay.naming.ids import SESSIONS
from overlay.naming.subjects import Priority
from overlay.quality.quality import Quality
from overlay.sessions.protocol import Kind
from tests.sessions.meeting import Meeting, all_of, meeting, said

LIMIT_S = 30.0


@pytest.fixture
async def met(tmp_path: Path) -> AsyncIterator[Meeting]:
    async with meeting(tmp_path) as made:
        yield made


async def test_all_participants_see_the_same_events_with_the_same_numbers(met: Meeting) -> None:  # AG-1, AG-2
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        assert await ours.say("first") == 2
        theirs = await bob.join(ours)
        numbers = await asyncio.gather(
            *(one.say(f"{one.id} {n}") for n in range(10) for one in (ours, theirs))
        )
        assert sorted(numbers) == list(range(4, 24))
        mine, its = await all_of(ours), await all_of(theirs)
        assert mine == its
        assert [event.number for event in mine] == list(range(1, 24))
        assert not any(event.withheld for event in its)
        entry = await theirs.refresh()
        assert entry.initiator == alice.name
        assert [one.party for one in entry.participants] == [alice.name, bob.name]


async def test_the_same_event_said_again_has_the_number_that_it_has(met: Meeting) -> None:  # AG-2
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        once = await ours.say("one", id="n-1")
        assert await ours.say("one", id="n-1") == once
        assert await theirs.say("another's", id="n-1") == once + 1
        assert said(await all_of(ours)) == ["one", "another's"]
        again = await alice.open("case", bob)  # its program died, and begins anew
        assert (again.entry.incarnation, again.entry.last) == (ours.entry.incarnation, once + 1)
        await ours.end()
        another = await alice.open("case", bob)
        assert (another.entry.incarnation != ours.entry.incarnation, another.entry.last) == (True, 1)


async def test_who_follows_hears_at_once_until_the_end_and_who_was_there_reads_on(met: Meeting) -> None:
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)

        async def follow() -> list[Kind]:
            return [event.kind async for event in theirs.events()]

        following = asyncio.create_task(follow())
        await ours.say("one")
        await ours.revise(Quality(Priority.HIGH))
        await ours.end("solved")
        async with asyncio.timeout(LIMIT_S):
            kinds = await following
        assert kinds == [Kind.JOINED, Kind.JOINED, Kind.SAID, Kind.QUALITY, Kind.ENDED]
        assert theirs.quality.priority is Priority.HIGH  # GW-13
        assert (theirs.entry.why, theirs.open) == ("solved", False)
        assert said(await all_of(theirs)) == ["one"]
        with pytest.raises((Refused, NotFound), match="over"):
            await theirs.say("too late")


async def test_events_go_on_where_the_agent_was_in_another_process_of_it(met: Meeting) -> None:  # AG-2
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        for number in range(5):
            await ours.say(str(number))
        async for event in theirs.events():
            if event.kind is Kind.SAID and event.text == "2":
                break  # not done: the next was not asked for
    async with met.some("alice", "bob") as (_, alice, bob):
        (again,) = bob.sessions.all()
        last = (await again.refresh()).last
        assert said([event async for event in again.events(upto=last)]) == ["2", "3", "4"]
        assert [event async for event in again.events(upto=last)] == []


async def test_a_checkpoint_brings_back_state_and_the_events_after_it(met: Meeting) -> None:  # AG-2
    async with met.some("alice", "bob") as (service, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        assert (await theirs.resume()).state is None
        for number in range(4):
            await ours.say(str(number))
        seen: list[str] = []
        async for event in theirs.events(0):
            if event.kind is Kind.SAID:
                seen.append(event.text)
                await theirs.checkpoint(",".join(seen))
            if event.number == 5:
                break
        kept = service.service.book.checkpoint(str(ours.id), bob.name)
        assert b"0,1" not in kept.data  # sealed for bob alone
    async with met.some("alice", "bob") as (_, alice, bob):
        again = bob.sessions.all()[0]
        state, number, events = await again.resume()
        assert (state, number) == (b"0,1,2", 5)
        last = (await again.refresh()).last
        rest = []
        async for event in events:
            rest.append(event)
            if event.number == last:
                break
        assert said(rest) == ["3"]
        assert [event.number for event in rest] == list(range(6, last + 1))
        await again.checkpoint("older", 4)
        assert (await again.resume()).number == 5
        with pytest.raises(BadInput, match="no number 99"):
            await again.checkpoint("of the future", 99)
        with pytest.raises(TooLarge, match="session_checkpoint_bytes"):
            await again.checkpoint(bytes(300_000))


async def test_who_comes_later_reads_what_was_said_before(met: Meeting) -> None:  # AG-2, GW-24
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        await ours.say("before")
        theirs = await bob.join(ours)
        assert said(await all_of(theirs)) == ["before"]


async def test_a_channel_with_history_is_recorded_once_and_trimmed_to_its_recent_past(met: Meeting) -> None:
    async with met.some("alice") as (service, alice):
        founding = Founding(history=History.RECENT, recent=3)
        channel = await alice.groups.create("talk", founding)
        for number in range(6):
            await channel.publish(f"p {number}", reliable=True)

        async def recorded() -> int:
            try:
                return service.service.book.read(str(channel.id), 0, 0).last
            except NotFound:
                return 0

        async with asyncio.timeout(LIMIT_S):
            while await recorded() < 6:
                await asyncio.sleep(0.02)
        page = await alice.client.read(str(channel.id), 0, 0.0)
        assert (page.first, page.last, len(page.lines)) == (4, 6, 3)
        assert [channel.open_recorded(line.data, line.at).text for line in page.lines] == [
            "p 3",
            "p 4",
            "p 5",
        ]
        await service.service.record(page.lines[0].data)  # the broker brings it again
        assert await recorded() == 6
        with pytest.raises(NotFound, match="no session"):
            await alice.client.show(str(channel.id))


async def test_sessions_end_by_time_or_silence_and_are_forgotten_later(met: Meeting) -> None:  # AG-1
    async with met.some("alice") as (service, alice):
        long = Founding(history=History.ALL, lifetime_s=100)
        lasting = await alice.sessions.open("lasting", long, Quality(), 0.0)
        silent = await alice.sessions.open("silent", Founding(history=History.ALL), Quality(), 50.0)
        kept = await alice.open("kept")
        met.domain.clock.now += 60
        assert await service.service.book.tidy(SESSIONS) == [str(silent.id)]
        met.domain.clock.now += 60
        assert await service.service.book.tidy(SESSIONS) == [str(lasting.id)]
        book = service.service.book
        assert [book.entry(str(one.id)).why for one in (silent, lasting, kept)] == ["idle", "lifetime", ""]
        met.domain.clock.now += 8 * 86400
        await book.tidy(SESSIONS)
        assert book.running() == [str(kept.id)]
        with pytest.raises(NotFound):
            book.read(str(silent.id), 0, 0)


async def test_what_has_ended_is_read_by_a_process_that_starts_later(met: Meeting) -> None:  # AG-2
    async with met.some("alice", "bob", "carol") as (_, alice, bob, carol):
        ours = await alice.open("case", bob, carol)
        await ours.say("one")
        await bob.join(ours)
        theirs = await carol.join(ours)  # with each a new key
        await theirs.say("two")
        await theirs.leave()
        await ours.end("solved")
    async with met.some("alice", "bob", "carol") as (_, alice, bob, carol):
        for one in (alice, bob):
            again = await one.sessions.join(ours.id, None)
            assert said(await all_of(again)) == ["one", "two"]
            assert (again.open, again.entry.why, one.sessions.all()) == (False, "solved", [])
        with pytest.raises((NotFound, NotPermitted)):
            await carol.sessions.join(ours.id, None)
        anew = await alice.open("case", bob)
        assert (await (await bob.join(anew)).refresh()).incarnation != ours.entry.incarnation


async def test_a_channel_in_which_nothing_was_said_has_an_empty_past(met: Meeting) -> None:  # GW-24
    async with met.some("alice") as (_, alice):
        channel = await alice.groups.create("quiet", Founding(history=History.ALL))
        assert await channel.past() == []
