"""What only RabbitMQ does when something is published or stored."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

import pytest

from overlay.errors import BadName, NotStored, Overloaded, Refused
from overlay.transport.rabbitmq_provisioner import RabbitProvisioner
from tests.conformance.bench import SETTINGS, Basket, Bench
from tests.rabbitmq_live import LiveRabbit


async def test_a_refused_store_says_so_and_spoils_no_other(rabbit: Bench) -> None:
    # The broker closes the channel on everything that is in flight, and names only the culprit.
    pair, basket = await rabbit.pair(), Basket()
    foreign = f"ov.rel.normal.agent.{pair.name}.somebody-else"

    async def store_until_taken(payload: bytes) -> None:
        while True:
            with contextlib.suppress(NotStored):
                return await pair.store(payload)

    async def store_as_another() -> None:
        with pytest.raises(Refused):
            await pair.sending.store(foreign, b"forged", message_id=secrets.token_hex(16), ttl_s=60)

    payloads = [b"%d" % number for number in range(20)]
    await asyncio.gather(*(store_until_taken(payload) for payload in payloads), store_as_another())
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    for payload in payloads:
        await basket.until_has(payload)
    assert b"forged" not in basket.items


async def test_a_refused_publish_is_reported_and_publishing_goes_on(rabbit: Bench) -> None:
    pair, basket = await rabbit.pair(), Basket()
    await pair.receiving.read(pair.inbox, basket.take)
    await pair.sending.publish(f"ov.rt.normal.agent.{pair.name}.somebody-else", b"forged")
    await pair.sending.flush()
    assert isinstance(await rabbit.errors.first(), Refused)
    await pair.publish(b"honest")
    assert await basket.until(1) == [b"honest"]


async def test_a_full_mailbox_does_not_take_another_message(rabbit: Bench, rabbitmq: LiveRabbit) -> None:
    pair = await rabbit.pair()
    await rabbit.remove(pair.inbox)
    small = SETTINGS.model_copy(update={"store_max_bytes": 1024 * 1024})
    provisioner = await RabbitProvisioner.connect(rabbitmq.node.address, rabbitmq.provisioner(), small)
    await provisioner.ensure([pair.inbox])
    await provisioner.close()
    with pytest.raises(Overloaded, match="full"):
        await pair.store(*(b"x" * 100_000 for _ in range(64)))


async def test_a_subject_longer_than_the_protocol_has_room_for_is_a_bad_name(rabbit: Bench) -> None:
    pair, subject = await rabbit.pair(), "ov.rt.normal.agent." + "x" * 256
    with pytest.raises(BadName):
        await pair.sending.publish(subject, b"")
    with pytest.raises(BadName):
        await pair.sending.store(subject, b"", message_id=secrets.token_hex(16), ttl_s=60)
    await pair.publish(b"still there")


async def test_giving_up_on_a_store_leaves_the_others_alone(rabbit: Bench) -> None:
    pair, basket = await rabbit.pair(), Basket()
    stores = [asyncio.create_task(pair.store(b"%d" % number)) for number in range(40)]
    await asyncio.sleep(0)
    for task in stores[::2]:
        task.cancel()
    await asyncio.wait(stores)
    await pair.store(b"last")
    await pair.receiving.read_stored(pair.inbox, basket.take_stored)
    await basket.until_has(b"last")
    assert {b"%d" % number for number in range(1, 40, 2)} <= set(basket.items)
