"""What every broker promises when connections end: closing, outages, giving up."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

import pytest

from overlay.errors import Unavailable, Unreachable
from overlay.transport.contract import Delivery, Transport
from tests.conformance.bench import PATIENCE_S, SETTINGS, Basket, Bench, Pair

OUTAGE_S = 90.0
"""How long a real broker may take to come back on a busy machine."""


async def test_closing_hands_over_what_was_published_and_ends_handlers(bench: Bench) -> None:
    pair, basket, gate, ended = await bench.pair(), Basket(), asyncio.Event(), []

    async def handler(delivery: Delivery) -> None:
        basket.put(delivery)
        await gate.wait()
        ended.append(delivery.payload)

    await pair.receiving.read(pair.inbox, handler)
    await pair.sending.publish(pair.realtime, b"last words")
    await pair.sending.close()
    await basket.until(1)
    closing = asyncio.create_task(pair.receiving.close())
    await asyncio.sleep(0)
    gate.set()
    await closing
    assert ended == [b"last words"]


async def test_a_closed_transport_says_so(bench: Bench) -> None:
    pair, basket = await bench.pair(), Basket()
    waiting = asyncio.create_task(pair.receiving.closed())
    await asyncio.gather(pair.receiving.close(), pair.receiving.close())
    await pair.receiving.close()
    async with asyncio.timeout(PATIENCE_S):
        await waiting
    await _is_unreachable(pair, pair.receiving, basket)


async def test_after_an_outage_everything_goes_on(apart: Bench) -> None:
    # AG-10
    pair, realtime, stored = await apart.pair(), Basket(), Basket()
    late = await apart.pair()
    await late.store(b"before")
    await pair.receiving.read(pair.inbox, realtime.take)
    await pair.receiving.read_stored(pair.inbox, stored.take_stored)
    await apart.subject.halt()
    storing = asyncio.create_task(_insist(pair, b"during"))
    await asyncio.sleep(0)
    await apart.subject.resume()
    async with asyncio.timeout(OUTAGE_S):
        await storing
        await _publish_until_it_arrives(pair, realtime)
        await stored.until_has(b"during")
    basket = Basket()
    await late.receiving.read_stored(late.inbox, basket.take_stored)
    if late.receiving.features.survives_restart:
        assert await basket.until(1) == [b"before"]


async def test_reconnecting_is_given_up_after_its_limit(apart: Bench) -> None:
    short = SETTINGS.model_copy(update={"reconnect_limit_s": 0.5, "connect_timeout_s": 1.0})
    pair, basket = await apart.pair(short), Basket()
    await pair.receiving.read(pair.inbox, basket.take)
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    await apart.subject.halt()
    try:
        with pytest.raises(Unreachable):
            async with asyncio.timeout(OUTAGE_S):
                await pair.receiving.closed()
        await _is_unreachable(pair, pair.receiving, basket)
    finally:
        await apart.subject.resume()


async def _is_unreachable(pair: Pair, transport: Transport, basket: Basket) -> None:
    with pytest.raises(Unreachable):
        await transport.publish(pair.realtime, b"late")
    with pytest.raises(Unreachable):
        await transport.store(pair.reliable, b"late", message_id=secrets.token_hex(16), ttl_s=60)
    with pytest.raises(Unreachable):
        await transport.flush()
    with pytest.raises(Unreachable):
        await transport.claim_slot(pair.name)
    with pytest.raises(Unreachable):
        await transport.read(pair.inbox, basket.take)
    with pytest.raises(Unreachable):
        await transport.read_stored(pair.inbox, basket.take_stored)


async def _insist(pair: Pair, payload: bytes) -> None:
    """Stores it, however often it takes."""
    message_id = secrets.token_hex(16)
    while True:
        with contextlib.suppress(Unavailable):
            return await pair.sending.store(pair.reliable, payload, message_id=message_id, ttl_s=600)
        await asyncio.sleep(0.05)


async def _publish_until_it_arrives(pair: Pair, basket: Basket) -> None:
    """The receiver may be back later than the sender, and realtime messages wait for nobody."""
    while not basket.items:
        with contextlib.suppress(Unavailable):
            await pair.sending.publish(pair.realtime, b"hello again")
        await asyncio.sleep(0.05)
