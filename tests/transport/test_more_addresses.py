"""An address that dies while messages are under way loses nothing: another takes over (AG-10, GW-14)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from overlay.errors import OverlayError
from overlay.naming.mailboxes import agent_inbox, mailboxes_of_agent
from overlay.transport.address import BrokerAddress, BrokerKind, TlsFiles
from overlay.transport.addresses import Addresses
from overlay.transport.connect import connect
from overlay.transport.contract import Provisioner, Stored, Transport
from tests.conformance.bench import PATIENCE_S, SETTINGS, Bench, bench_on
from tests.conformance.nats_subject import NatsSubject
from tests.conformance.rabbitmq_subject import RabbitSubject
from tests.rabbitmq_live import LiveRabbit
from tests.tcp_relay import TcpRelay

COUNT = 300


@asynccontextmanager
async def two_ways(port: int) -> AsyncIterator[tuple[TcpRelay, TcpRelay]]:
    """To one server."""
    relays = (TcpRelay(port), TcpRelay(port))
    for relay in relays:
        await relay.start()
    try:
        yield relays
    finally:
        for relay in relays:
            await relay.cut()


def ignored(where: str, error: Exception) -> None:
    """Losing a connection is told, and is what these tests do."""


async def store_all(sending: Transport, subject: str, told: Callable[[int], None]) -> None:
    """One after the other."""
    for number in range(COUNT):
        told(number)
        await store(sending, subject, b"%d" % number)


async def store(sending: Transport, subject: str, payload: bytes) -> None:
    """Again and again until it is confirmed, as an outbox does."""
    while True:
        try:
            await sending.store(subject, payload, message_id=secrets.token_hex(16), ttl_s=600.0)
        except OverlayError:
            await asyncio.sleep(0.01)
        else:
            return


Files = Callable[[str], Awaitable[TlsFiles]]


async def lose_the_first_way(
    bench: Bench, address: BrokerAddress, files: Files, made_by: Callable[[], Awaitable[Provisioner]]
) -> None:
    name, sender = bench.name(), bench.name()
    provisioner = await made_by()
    await provisioner.prepare()
    await provisioner.ensure(mailboxes_of_agent(name))
    await provisioner.close()
    async with two_ways(address.port) as (first, second):
        addresses = [replace(address, port=relay.port) for relay in (first, second)]
        receiving, sending = [
            await connect(addresses, await files(who), who, SETTINGS, ignored) for who in (name, sender)
        ]
        got: set[bytes] = set()
        all_came, halfway = asyncio.Event(), asyncio.Event()

        async def take(stored: Stored) -> None:
            got.add(stored.delivery.payload)
            await stored.ack()
            if len(got) == COUNT:
                all_came.set()

        async def cut() -> None:
            await halfway.wait()
            await first.cut()

        def told(number: int) -> None:
            if number == COUNT // 2:
                halfway.set()

        try:
            await receiving.read_stored(agent_inbox(name), take)
            cutting = asyncio.create_task(cut())
            async with asyncio.timeout(2 * PATIENCE_S):
                await store_all(sending, f"ov.rel.normal.agent.{name}.{sender}", told)
                await all_came.wait()
            await cutting
            await first.start()  # the way back is there as well
            await second.cut()
            async with asyncio.timeout(PATIENCE_S):
                await store(sending, f"ov.rel.normal.agent.{name}.{sender}", b"back")
        finally:
            await asyncio.gather(receiving.close(), sending.close())


async def test_nothing_is_lost_when_an_address_of_nats_dies() -> None:
    subject = NatsSubject()
    await subject.start()

    async def files(party: str) -> TlsFiles:
        return subject.files(party)

    async def impatient() -> Provisioner:
        return await subject.provisioner_with(SETTINGS.model_copy(update={"ack_wait_s": 2.0}))

    try:
        async with bench_on(subject) as bench:
            await lose_the_first_way(bench, subject.address, files, impatient)
    finally:
        await subject.stop()


async def test_nothing_is_lost_when_an_address_of_rabbitmq_dies(rabbitmq: LiveRabbit) -> None:
    subject = RabbitSubject(rabbitmq)
    await subject.start()
    try:
        async with bench_on(subject) as bench:
            await lose_the_first_way(bench, rabbitmq.node.address, rabbitmq.admitted, subject.provisioner)
    finally:
        await subject.stop()


def address(port: int, kind: BrokerKind = BrokerKind.NATS) -> BrokerAddress:
    return BrokerAddress(kind, "127.0.0.1", port)


@pytest.mark.parametrize(
    ("used", "expected"), [(1, [2, 3, 1]), (3, [1, 2, 3]), (9, [1, 2, 3, 9])], ids=["first", "last", "gone"]
)
def test_others_are_tried_before_the_one_that_was_lost(used: int, expected: list[int]) -> None:
    addresses = Addresses(address(used))
    addresses.use([address(1), address(2), address(3), address(4, BrokerKind.RABBITMQ)])
    assert [one.port for one in addresses.round()] == expected
