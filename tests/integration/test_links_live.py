"""Gateways of two processes, killed and restarted in turn; an address that dies: nothing lost, all once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from overlay.bench.replicas import kill_part
from overlay.domain.folder import DomainFolder
from overlay.domain.gateway_orders import Act, give_order
from overlay.domain.operator import operator
from overlay.endpoint.message import Sent
from overlay.errors import Unavailable
from overlay.gateway.client import GatewayClient
from overlay.gateway.protocol import Links
from overlay.transport.address import BrokerAddress
from tests.integration.conftest import Federation
from tests.integration.people import LIMIT_S, Person, present, until
from tests.tcp_relay import TcpRelay

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
PATIENCE_S = 3 * LIMIT_S


class Stream:
    """Reliable messages, one after another, for as long as the block lasts; then all were handled, once."""

    def __init__(self, sender: Person, receiver: Person) -> None:
        self._sender, self._receiver = sender, receiver
        self._sent: list[Sent] = []
        self._bodies: set[bytes] = set()
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        sending = asyncio.create_task(self._send())
        try:
            await self._receiver.has(5)
            yield
        finally:
            self._stop.set()
        async with asyncio.timeout(PATIENCE_S):
            await sending
            await asyncio.gather(*(one.receipt() for one in self._sent))
        assert set(self._receiver.handled) == self._bodies
        assert {self._receiver.ids[one.id] for one in self._sent} == {1}

    async def _send(self) -> None:
        while not self._stop.is_set():
            body = b"%d" % len(self._bodies)
            self._bodies.add(body)
            self._sent.append(await self._one(body))
            await asyncio.sleep(0.02)

    async def _one(self, body: bytes) -> Sent:
        to, skill = self._receiver.id, self._receiver.skill
        while True:
            try:
                return await self._sender.agent.send(to, body, skill=skill, reliable=True)
            except Unavailable:
                await asyncio.sleep(0.1)


async def links(folder: DomainFolder) -> list[Links]:
    async with operator(folder) as hand:
        return await GatewayClient(hand.endpoint).all_links()


async def test_processes_that_are_killed_and_restarted_in_turn_lose_and_repeat_nothing(
    federation: Federation,
) -> None:  # GW-23, GW-24
    near, far = federation["a"], federation["c"]

    async def all_linked(folder: DomainFolder, domain: str) -> bool:
        told = await links(folder)
        lines = [len(link.lines) for one in told for link in one.links if link.domain == domain]
        return len(told) == 2 and all(count >= 2 for count in lines)

    await asyncio.gather(*(give_order(folder, Act.SCALE, 2) for folder in (near, far)))
    try:
        await until(lambda: all_linked(near, "c.example"))
        async with present(near, "alice") as alice, present(far, "bob") as bob:
            await alice.hears_of(bob)
            async with Stream(alice, bob).going_on(), asyncio.timeout(PATIENCE_S):
                await kill_part(far, "gateway-2")
                await give_order(near, Act.RESTART, 2)
                await kill_part(near, "gateway")
    finally:
        await asyncio.gather(*(give_order(folder, Act.SCALE, 1) for folder in (near, far)))


async def test_an_address_that_dies_is_left_for_another_and_nothing_is_lost(
    federation: Federation,
) -> None:  # GW-14
    near, far = federation["a"], federation["c"]

    async def lines() -> list[str]:
        told = (link for one in await links(near) for link in one.links if link.domain == "c.example")
        return [line.address for link in told for line in link.lines if line.used]

    async with operator(near) as hand:
        (before,) = [peer for peer in await hand.peers.all() if peer.domain == "c.example"]
        relay = TcpRelay(BrokerAddress.parse(before.addresses[0]).port)
        await relay.start()
        other = before.addresses[0].replace(f":{relay.to}", f":{relay.port}")
        try:
            both = msgspec.structs.replace(before, addresses=(other, before.addresses[0]))
            await hand.peers.add(both)

            async def has_both() -> bool:
                return set(await lines()) == set(both.addresses)

            await until(has_both)
            async with present(near, "alice") as alice, present(far, "bob") as bob:
                await alice.hears_of(bob)
                async with Stream(alice, bob).going_on():
                    await relay.cut()
                    await asyncio.sleep(1)  # some go on meanwhile
        finally:
            await relay.cut()
            await hand.peers.add(before)
