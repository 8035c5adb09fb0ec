"""What every broker promises for realtime messages."""

from __future__ import annotations

import asyncio

import pytest

from overlay.errors import TooLarge
from overlay.naming.mailboxes import process_inbox
from overlay.transport.contract import Delivery
from tests.conformance.bench import PATIENCE_S, SETTINGS, Basket, Bench, until_true


async def test_messages_of_one_sender_arrive_in_order_and_unchanged(bench: Bench) -> None:
    pair, got = await bench.pair(), []

    async def handler(delivery: Delivery) -> None:
        got.append(delivery)
        await basket.take(delivery)

    basket = Basket()
    await pair.receiving.read(pair.inbox, handler)
    payloads = [b"", b"\r\n", bytes(range(256)), *(b"%d" % number for number in range(300))]
    await pair.publish(*payloads)
    assert await basket.until(len(payloads)) == payloads
    assert {delivery.subject for delivery in got} == {pair.realtime}
    assert bench.errors.seen == []


async def test_a_shared_mailbox_gives_each_message_to_one_of_its_readers(bench: Bench) -> None:
    pair, one, two = await bench.pair(), Basket(), Basket()
    second = await bench.connect(pair.name)
    await pair.receiving.read(pair.inbox, one.take)
    await second.read(pair.inbox, two.take)
    payloads = [b"%d" % number for number in range(200)]
    await pair.publish(*payloads)
    await until_true(lambda: len(one.items) + len(two.items) >= len(payloads))
    assert sorted(one.items + two.items) == sorted(payloads)
    assert one.items
    assert two.items


async def test_no_message_is_lost_where_one_reader_finishes_and_another_has_begun(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    second = await bench.connect(pair.name)
    first = await pair.receiving.read(pair.inbox, basket.take)
    payloads = [b"%d" % number for number in range(400)]
    await pair.publish(*payloads[:100])
    await second.read(pair.inbox, basket.take)
    await asyncio.gather(first.finish(PATIENCE_S), pair.publish(*payloads[100:300]))
    await first.stop()
    await pair.publish(*payloads[300:])
    assert sorted(await basket.until(len(payloads))) == sorted(payloads)


async def test_a_message_that_nobody_reads_is_gone(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    await pair.publish(b"before")
    await pair.receiving.read(pair.inbox, basket.take)
    await pair.publish(b"after")
    assert await basket.until(1) == [b"after"]


async def test_a_message_reaches_nobody_but_its_receiver(bench: Bench) -> None:
    pair, other = await bench.pair(), await bench.pair()
    mine, theirs = Basket(), Basket()
    await pair.receiving.read(pair.inbox, mine.take)
    await other.receiving.read(other.inbox, theirs.take)
    await pair.publish(b"mine")
    await other.publish(b"theirs")
    assert await mine.until(1) == [b"mine"]
    assert await theirs.until(1) == [b"theirs"]


async def test_a_handler_that_raises_is_reported_and_reading_goes_on(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()

    async def handler(delivery: Delivery) -> None:
        if delivery.payload == b"bad":
            raise ValueError("what a handler does")
        await basket.take(delivery)

    await pair.receiving.read(pair.inbox, handler)
    await pair.publish(b"bad", b"good")
    assert await basket.until(1) == [b"good"]
    assert isinstance(await bench.errors.first(), ValueError)


async def test_a_handler_is_called_with_one_message_at_a_time(bench: Bench) -> None:
    pair, basket, busy = await bench.pair(), Basket(), []

    async def handler(delivery: Delivery) -> None:
        busy.append(delivery)
        assert len(busy) == 1
        await asyncio.sleep(0)
        busy.pop()
        await basket.take(delivery)

    await pair.receiving.read(pair.inbox, handler)
    await pair.publish(*(b"%d" % number for number in range(20)))
    await basket.until(20)
    assert bench.errors.seen == []


async def test_what_a_slow_reader_has_no_room_for_is_dropped_and_counted(bench: Bench) -> None:
    pair = await bench.pair(SETTINGS.model_copy(update={"reader_queue": 8}))
    basket, gate = Basket(), asyncio.Event()

    async def handler(delivery: Delivery) -> None:
        await gate.wait()
        await basket.take(delivery)

    reader = await pair.receiving.read(pair.inbox, handler)
    await pair.publish(*(b"%d" % number for number in range(100)))
    await until_true(lambda: reader.dropped >= 90)
    gate.set()
    await until_true(lambda: reader.dropped + len(basket.items) == 100)


async def test_a_stopped_reader_ends_its_handler_and_takes_nothing_more(bench: Bench) -> None:
    pair, started, gate, ended = await bench.pair(), asyncio.Event(), asyncio.Event(), []

    async def handler(delivery: Delivery) -> None:
        started.set()
        await gate.wait()
        ended.append(delivery.payload)

    reader = await pair.receiving.read(pair.inbox, handler)
    await pair.publish(b"first")
    async with asyncio.timeout(PATIENCE_S):
        await started.wait()
    stopping = asyncio.create_task(reader.stop())
    await asyncio.sleep(0)
    gate.set()
    await stopping
    await reader.stop()
    await pair.publish(b"second")
    await pair.receiving.flush()
    assert ended == [b"first"]


async def test_a_payload_may_be_as_large_as_the_limit_and_no_larger(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    await pair.receiving.read(pair.inbox, basket.take)
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    largest = b"x" * pair.sending.max_payload
    with pytest.raises(TooLarge):
        await pair.sending.publish(pair.realtime, largest + b"x")
    with pytest.raises(TooLarge):
        await pair.store(largest + b"x")
    await pair.publish(largest)
    await pair.store(largest)
    assert await basket.until(2) == [largest, largest]


async def test_processes_of_one_party_claim_slots_of_their_own(bench: Bench) -> None:
    pair, one, two = await bench.pair(), Basket(), Basket()
    second = await bench.connect(pair.name)
    slots = [await pair.receiving.claim_slot(pair.name), await second.claim_slot(pair.name)]
    await pair.receiving.read(process_inbox(pair.name, slots[0]), one.take)
    await second.read(process_inbox(pair.name, slots[1]), two.take)
    for slot in slots:
        await pair.sending.publish(f"ov.rt.high.proc.{pair.name}.{slot}.{pair.sender}", slot.encode())
    assert await one.until(1) == [slots[0].encode()]
    assert await two.until(1) == [slots[1].encode()]
