"""Who may do what in a session, and what is believed of its record (AG-1, CA-8)."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from overlay.ca.protocol import Reason
from overlay.errors import BadInput, NotPermitted, OverlayError
from overlay.naming.ids import SESSIONS, PartyId
from overlay.quality.quality import Quality
from overlay.sessions.protocol import (
    Append,
    Checkpoint,
    Kind,
    ReadRecord,
    Revise,
    Taken,
    decode_ask,
    encode_ask,
)
from overlay.sessions.session import Session
from overlay.wire.request import decode_struct
from tests.sessions.meeting import Meeting, Somebody, all_of, meeting, said

LIMIT_S = 30.0


@pytest.fixture
async def met(tmp_path: Path) -> AsyncIterator[Meeting]:
    async with meeting(tmp_path) as made:
        yield made


async def test_an_outsider_neither_reads_nor_says_nor_keeps_anything(met: Meeting) -> None:  # AG-1
    async with met.some("alice", "bob", "eve") as (_, alice, bob, eve):
        ours = await alice.open("case", bob)
        await bob.join(ours)
        number = await ours.say("secret")
        channel = str(ours.id)
        envelope = (await ours.channel.seal(b"mine"))[1]
        asks = (
            eve.client.read(channel, 0, 0.0),
            eve.client.show(channel),
            eve.client.show(channel, changed=True),
            eve.client.checkpoint(Checkpoint(channel, 0, b"x")),
            eve.client.kept(channel),
            eve.client.revise(Revise(channel, bytes(16), Quality())),
            eve.client.end(channel, "over"),
            _append(eve, channel, envelope),
            _append(bob, channel, envelope),  # a participant, with what another sealed
        )
        for ask in asks:
            with pytest.raises(NotPermitted):
                await ask
        assert await eve.client.all("a.example") == []
        entry = await ours.refresh()
        assert (entry.last, entry.ended) == (number, 0.0)


async def test_numbers_are_the_services_own_and_only_leaders_end(met: Meeting) -> None:  # AG-1
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        with pytest.raises(NotPermitted, match="end"):
            await theirs.end()
        envelope = (await theirs.channel.seal(b"mine"))[1]
        first = await _append(bob, str(ours.id), envelope)
        assert await _append(bob, str(ours.id), envelope) == first  # replayed: nothing new
        with pytest.raises(OverlayError):
            await _append(bob, str(ours.id), b"no envelope")
        assert said(await all_of(ours)) == ["mine"]


async def test_a_record_with_a_gap_or_another_sender_is_not_believed(met: Meeting) -> None:  # AG-2
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        for number in range(3):
            await ours.say(str(number))
        with closing(sqlite3.connect(met.folder / SESSIONS / "records.db")) as file:
            file.execute("UPDATE lines SET sender = ? WHERE number = 4", (bob.name,))
            file.commit()
            events = await all_of(theirs)
            assert [(event.text, event.withheld) for event in events[2:]] == [
                *(("0", False), ("", True), ("2", False))
            ]
            assert bob.endpoint.counters["session-does-not-open"] == 1
            file.execute("DELETE FROM lines WHERE number = 4")
            file.commit()
        with pytest.raises(BadInput, match="gap before 5"):
            await all_of(theirs)


async def test_a_record_that_says_something_twice_or_begins_late_is_not_believed(met: Meeting) -> None:
    # AG-2
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        for number in range(3):
            await ours.say(str(number))
        with closing(sqlite3.connect(met.folder / SESSIONS / "records.db")) as file:
            file.execute("DROP INDEX lines_ids")
            first = "(SELECT {} FROM lines WHERE number = 3)"
            file.execute(
                f"UPDATE lines SET data = {first.format('data')}, id = {first.format('id')} WHERE number = 5"
            )
            file.commit()
            events = await all_of(theirs)
            assert [(event.text, event.withheld) for event in events[2:]] == [
                *(("0", False), ("1", False), ("", True))
            ]
            assert bob.endpoint.counters["session-repeated"] == 1
            file.execute("UPDATE records SET first = 4")
            file.commit()
        with pytest.raises(BadInput, match="begins with 4"):
            await all_of(theirs)


async def test_who_is_put_out_is_out_at_once_and_reads_nothing_more(met: Meeting) -> None:  # CA-8
    async with met.some("alice", "bob") as (_, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        await all_of(theirs)
        waiting = asyncio.create_task(_wait(theirs))
        key = ours.channel.membership.epoch.id
        await ours.remove(bob.name)
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(NotPermitted):
                await waiting
        assert ours.channel.membership.epoch.id != key
        await ours.say("without them")
        with pytest.raises(OverlayError):
            await theirs.say("still me")
        with pytest.raises(NotPermitted):
            await bob.client.read(str(ours.id), 0, 0.0)
        kinds = [event.kind for event in await all_of(ours)]
        assert kinds == [Kind.JOINED, Kind.JOINED, Kind.LEFT, Kind.SAID]


async def test_whose_certificate_is_revoked_waits_for_nothing_more(met: Meeting) -> None:  # CA-8
    async with met.some("alice", "bob") as (service, alice, bob):
        ours = await alice.open("case", bob)
        theirs = await bob.join(ours)
        waiting = asyncio.create_task(_wait(theirs))
        async with asyncio.timeout(LIMIT_S):
            while not service.service.waiting:
                await asyncio.sleep(0.01)
            async with met.domain.operator() as boss:
                await boss.revoke(Reason.RETIRED, name="bob")
            service.endpoint.trust.deny("a.example", bob.endpoint.identity.serial)  # as each process follows
            running = asyncio.create_task(service.service.run())
            while service.service.waiting:
                await asyncio.sleep(0.01)
            with pytest.raises(OverlayError):
                await waiting
            with pytest.raises(OverlayError):
                await theirs.say("still me")
            met.domain.registry_service.channels.expelled(bob.endpoint.me)
            await met.domain.registry_service.channels.sweep()
            while not [one for one in (await ours.refresh()).participants if one.left]:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    "wrong", [{"wait_s": math.nan}, {"limit": -1}, {"after": 2**64 - 1}, {"after": -1}, {"wait_s": math.inf}]
)
def test_who_reads_a_record_names_no_impossible_numbers(wrong: dict[str, float]) -> None:  # AG-1
    with pytest.raises(BadInput, match="numbers"):
        decode_ask(encode_ask(msgspec.structs.replace(ReadRecord("case@a.example"), **wrong)))


async def _append(who: Somebody, channel: str, envelope: bytes) -> int:
    answer = await who.endpoint.ask(
        PartyId(SESSIONS, "a.example"),
        encode_ask(Append(channel, envelope)),
        topic="overlay.session",
    )
    return decode_struct(answer.body, Taken).number


async def _wait(session: Session) -> None:
    async for _ in session.events(session.entry.last + 1_000):
        pass
