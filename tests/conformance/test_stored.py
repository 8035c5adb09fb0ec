"""What every broker promises for stored messages."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from overlay.errors import NotStored, Refused
from overlay.naming.mailboxes import agent_inbox
from overlay.transport.contract import Stored
from tests.conformance.bench import PATIENCE_S, SETTINGS, Basket, Bench, until_true


async def test_what_was_stored_before_anybody_read_is_read_oldest_first(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    payloads = [b"%d" % number for number in range(50)]
    await pair.store(*payloads)
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    assert await basket.until(len(payloads)) == payloads
    assert basket.attempts == [1] * len(payloads)


async def test_an_acknowledged_message_does_not_come_again(bench: Bench) -> None:
    pair, first, second = await bench.pair(), Basket(), Basket()
    await pair.store(b"done")
    reader = await pair.receiving.read_stored(pair.inbox, first.take_stored)
    await first.until(1)
    await pair.receiving.flush()
    await reader.stop()
    await pair.receiving.read_stored(pair.inbox, second.take_stored)
    await pair.store(b"next")
    assert await second.until(1) == [b"next"]


async def test_what_a_stopped_reader_had_not_settled_comes_again(bench: Bench) -> None:
    pair, first, second = await bench.pair(), Basket(), Basket()
    await pair.store(b"one", b"two")
    reader = await pair.receiving.read_stored(pair.inbox, first.hold)
    await first.until(2)
    await reader.stop()
    await reader.stop()
    await pair.receiving.read_stored(pair.inbox, second.take_stored)
    assert sorted(await second.until(2)) == [b"one", b"two"]
    assert min(second.attempts) >= 2


async def test_a_reader_that_finishes_waits_until_what_it_took_is_settled(bench: Bench) -> None:
    pair, first, second = (
        await bench.pair(SETTINGS.model_copy(update={"nats_pull_lifetime_s": 6.0})),
        Basket(),
        Basket(),
    )
    await pair.store(b"one", b"two")
    reader = await pair.receiving.read_stored(pair.inbox, first.hold)
    await first.until(2)
    finishing = asyncio.create_task(reader.finish(PATIENCE_S))
    for stored in first.unsettled:
        assert not finishing.done()
        await stored.ack()
    await finishing
    await reader.stop()
    await pair.store(b"three")
    await pair.receiving.read_stored(pair.inbox, second.take_stored)
    assert await second.until(1) == [b"three"]
    assert first.attempts == [1, 1]


async def test_a_message_that_is_not_done_comes_again(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()

    async def handler(stored: Stored) -> None:
        if stored.attempt == 1:
            basket.put(stored.delivery)
            await stored.again(0.05)
        else:
            await basket.take_stored(stored)

    await pair.receiving.read_stored(pair.inbox, handler)
    await pair.store(b"later")
    assert await basket.until(2) == [b"later", b"later"]
    assert bench.errors.seen == []


async def test_a_message_whose_handler_raises_is_reported_and_comes_again(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()

    async def handler(stored: Stored) -> None:
        if stored.attempt == 1:
            raise ValueError("what a handler does")
        await basket.take_stored(stored)

    await pair.receiving.read_stored(pair.inbox, handler)
    await pair.store(b"twice")
    assert await basket.until(1) == [b"twice"]
    assert isinstance(await bench.errors.first(), ValueError)


async def test_settling_twice_does_nothing(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()

    async def handler(stored: Stored) -> None:
        basket.put(stored.delivery)
        await stored.ack()
        await stored.again()
        await stored.ack()

    await pair.receiving.read_stored(pair.inbox, handler)
    await pair.store(b"one")
    await basket.until(1)
    await pair.store(b"two")
    assert await basket.until(2) == [b"one", b"two"]


async def test_stored_messages_are_shared_by_the_readers_of_a_mailbox(bench: Bench) -> None:
    pair, one, two = await bench.pair(), Basket(), Basket()
    second = await bench.connect(pair.name)
    await pair.receiving.read_stored(pair.inbox, one.take_stored)
    await second.read_stored(pair.inbox, two.take_stored)
    payloads = [b"%d" % number for number in range(100)]
    await asyncio.gather(*(pair.store(payload) for payload in payloads))
    await until_true(lambda: len(one.items) + len(two.items) >= len(payloads))
    assert sorted(one.items + two.items) == sorted(payloads)


async def test_a_reader_that_settles_nothing_holds_no_more_than_its_bound(bench: Bench) -> None:
    pair = await bench.pair(SETTINGS.model_copy(update={"stored_in_flight": 4}))
    slow, quick = Basket(), Basket()
    second = await bench.connect(pair.name)
    await pair.receiving.read_stored(pair.inbox, slow.hold)
    await pair.store(*(b"%d" % number for number in range(20)))
    await slow.until(4)
    await second.read_stored(pair.inbox, quick.take_stored)
    await quick.until(16)
    assert len(slow.items) == 4
    assert len(set(slow.items + quick.items)) == 20


async def test_a_message_past_its_time_is_not_delivered(bench: Bench) -> None:
    # Brokers expire in passing, a busy one late: more patience is tried before this counts as broken.
    for seconds in (3, 10, 25):
        pair, basket = await bench.pair(), Basket()
        await pair.store(b"short", ttl_s=1)
        await bench.subject.pass_time(seconds)
        await pair.store(b"long")
        await pair.receiving.read_stored(pair.inbox, basket.take_stored)
        if await basket.until_has(b"long") == [b"long"]:
            return
    pytest.fail("a message was delivered long after its time")


async def test_one_id_is_stored_once_where_the_broker_says_so(bench: Bench) -> None:
    pair, basket, message_id = await bench.pair(), Basket(), secrets.token_hex(16)
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    for _ in range(2):
        await pair.sending.store(pair.reliable, b"same", message_id=message_id, ttl_s=60)
    await pair.store(b"last")
    expected = 1 if pair.sending.features.deduplicates else 2
    assert (await basket.until_has(b"last")).count(b"same") == expected


async def test_many_messages_stored_at_once_are_all_confirmed_and_delivered(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    payloads = [b"%d" % number for number in range(600)]
    await asyncio.gather(*(pair.store(payload) for payload in payloads))
    assert sorted(await basket.until(len(payloads))) == sorted(payloads)


async def test_a_message_that_no_mailbox_keeps_is_refused_where_the_broker_says_so(bench: Bench) -> None:
    pair = await bench.pair()
    nowhere = f"ov.rel.normal.agent.{bench.name()}.{pair.sender}"
    storing = pair.sending.store(nowhere, b"lost", message_id=secrets.token_hex(16), ttl_s=60)
    if pair.sending.features.refuses_unread:
        with pytest.raises(NotStored):
            await storing
    else:
        await storing


async def test_making_a_mailbox_again_keeps_what_is_stored_in_it(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    await pair.store(b"kept")
    await asyncio.gather(*(bench.ensure(pair.inbox) for _ in range(3)))
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    assert await basket.until(1) == [b"kept"]


async def test_a_mailbox_taken_away_takes_along_what_was_stored(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    await pair.store(b"gone")
    await bench.remove(pair.inbox)
    await bench.remove(pair.inbox)
    await bench.ensure(pair.inbox)
    await pair.store(b"new")
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    assert await basket.until(1) == [b"new"]


async def test_a_mailbox_that_nobody_made_is_refused(bench: Bench) -> None:
    name, basket = bench.name(), Basket()
    transport = await bench.connect(name)
    with pytest.raises(Refused):
        await transport.read_stored(agent_inbox(name), basket.take_stored)
