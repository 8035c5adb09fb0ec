"""Streams between two agents of two domains: in order, both ways, refused, broken off, attacked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from overlay.errors import Failed, NotPermitted, Overloaded, Refused, TooLarge, Unreachable
from overlay.naming.subjects import Priority, ToProcess, parse_subject
from overlay.policy.access import AccessPolicy
from overlay.streams.frame import TOPIC, End, Frame, encode_frame, encode_talk
from overlay.streams.offer import Offer
from overlay.streams.stream import Stream
from overlay.streams.takers import Taker
from tests.dict_registry import eventually
from tests.memory_domain import MemoryDomain, quick
from tests.streams.company import LIMIT_S, Party, party, read, two

SETTINGS = quick(stream_heartbeat_s=0.05, stream_silence_s=LIMIT_S, streams_per_party=3)


@pytest.fixture
def here() -> MemoryDomain:
    return MemoryDomain("a.example", SETTINGS)


@pytest.fixture
def there() -> MemoryDomain:
    return MemoryDomain("b.example", SETTINGS)


@pytest.fixture
async def both(here: MemoryDomain, there: MemoryDomain) -> AsyncIterator[tuple[Party, Party]]:
    async with two(here, there) as people:
        yield people


async def test_both_sides_send_and_read_in_order_in_the_class_of_their_modality(
    there: MemoryDomain, both: tuple[Party, Party]
) -> None:  # AG-8, AG-9
    alice, bob = both
    near = await alice.open(bob)
    far = await bob.next()
    for number in range(20):
        assert await near.send(b"a%d" % number)
        assert await far.send(b"b%d" % number)
    assert [frame.data for frame in await read(far, 20)] == [b"a%d" % number for number in range(20)]
    assert [frame.data for frame in await read(near, 20)] == [b"b%d" % number for number in range(20)]
    came = [parse_subject(one.subject) for one in there.broker.sent if ".proc.bob." in one.subject]
    assert {one.priority for one in came if isinstance(one, ToProcess)} == {Priority.HIGH}
    await near.end()
    assert [frame async for frame in far] == []
    with pytest.raises(Unreachable, match="ended"):
        await far.send(b"x")


async def test_frames_that_were_lost_or_came_late_are_left_out_and_the_sender_is_told(
    here: MemoryDomain, both: tuple[Party, Party]
) -> None:  # AG-8
    alice, bob = both
    near = await alice.open(bob)
    far = await bob.next()
    await near.send(b"1")
    here.broker.lose = lambda _: True
    await near.send(b"2")
    here.broker.lose = lambda _: False
    await near.send(b"3")
    first, third = await read(far, 2)
    assert (first.number, third.number, third.missing) == (1, 3, 1)
    async with asyncio.timeout(LIMIT_S):
        await eventually(lambda: near.quality.lost == 1)
    assert far.statistics.lost == 1
    old = far.exchange.incoming.timing.arrived(0, 0)  # by whatever clock: one of long ago
    far.exchange.incoming.frame(Frame(b"old", 4, near._clock() - 100))
    assert old is not None
    assert far.statistics.late == 1
    assert not await near.send(b"old", captured=near._clock() - 100)
    assert near.too_late == 1


async def test_what_nobody_takes_is_refused_with_the_reason(both: tuple[Party, Party]) -> None:  # AG-9
    alice, bob = both
    with pytest.raises(Refused, match=r"video/h264 are not taken here; taken: audio"):
        await alice.open(bob, "video/h264")

    async def check(offer: Offer) -> None:
        raise Refused(f"no {offer.media_type} at night")

    bob.streams.takers.add("video/*", Taker(bob.keep, check))
    with pytest.raises(Refused, match="no video/h264 at night"):
        await alice.open(bob, "video/h264")
    assert alice.streams.open_ones == {}


async def test_who_is_not_let_in_opens_none_and_goes_on_with_none(both: tuple[Party, Party]) -> None:
    # GW-17
    alice, bob = both
    near = await alice.open(bob)
    far = await bob.next()
    bob.endpoint.gate.policy = AccessPolicy()
    with pytest.raises(NotPermitted):
        await alice.open(bob)
    async with asyncio.timeout(LIMIT_S):
        await near.closed.wait()
    with pytest.raises(NotPermitted):
        await far.exchange.incoming.next()
    assert bob.streams.open_ones == {}


async def test_frames_of_who_has_no_stream_here_are_dropped_and_counted(
    here: MemoryDomain, both: tuple[Party, Party]
) -> None:  # GW-17
    alice, bob = both
    await alice.open(bob)
    far = await bob.next()
    async with party(here, "mallory") as mallory:
        forged = encode_frame(far.id, Frame(b"forged", 1, 0.0))
        there = bob.endpoint.me, bob.endpoint.slot
        endless = encode_talk(far.id, End(2**64 - 1))
        for body in (forged, b"nonsense", b"\x01" + far.id + bytes(16) + b"\xff", endless):
            await mallory.endpoint.processes.send(
                *there, body, topic=TOPIC, priority=Priority.CRITICAL, left_s=LIMIT_S
            )
        counters = bob.endpoint.counters
        async with asyncio.timeout(LIMIT_S):
            await eventually(lambda: counters["stream-unknown"] + counters["stream-bad-input"] == 4)
    assert far.statistics.received == 0


async def test_a_flood_is_bounded_in_streams_frames_and_size(
    here: MemoryDomain, there: MemoryDomain
) -> None:  # GW-15
    flooded = MemoryDomain(
        "b.example", quick(stream_frames_per_s=0.001, stream_frame_bytes=64, streams_per_party=3)
    )
    async with two(here, flooded) as (alice, bob):
        near = await alice.open(bob)
        far = await bob.next()
        for _ in range(30):
            await near.send(b"x")
        async with asyncio.timeout(LIMIT_S):
            await eventually(lambda: far.exchange.incoming.over_rate == 29)
        assert len(await read(far, 1)) == 1
        with pytest.raises(TooLarge):
            await far.send(bytes(65))
        for _ in range(2):
            await alice.open(bob)
        with pytest.raises(Overloaded, match="streams_per_party"):
            await alice.open(bob)


async def test_a_stream_that_is_broken_off_says_why_to_its_reader(both: tuple[Party, Party]) -> None:  # AG-8
    alice, bob = both

    async def fail(stream: Stream) -> None:
        await stream.abort("the line is needed")

    bob.streams.takers.add("audio/pcm", Taker(fail))
    near = await alice.open(bob, "audio/pcm")
    with pytest.raises(Failed, match="the line is needed"):
        await anext(aiter(near))


async def test_a_side_that_is_silent_has_left(here: MemoryDomain) -> None:  # AG-8
    there = MemoryDomain("b.example", quick(stream_heartbeat_s=0.02, stream_silence_s=0.2))
    async with two(here, there) as (alice, bob):
        near = await alice.open(bob)
        far = await bob.next()
        here.broker.lose = lambda _: True
        with pytest.raises(Unreachable, match="silent"):
            async with asyncio.timeout(LIMIT_S):
                await far.exchange.incoming.next()
        here.broker.lose = lambda _: False
        with contextlib.suppress(Unreachable):
            await near.end()
        assert bob.endpoint.counters["stream-silent"] == 1
