"""More processes of a side's gateway, and ways to a peer that a test can cut."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from bridges.gateway import Gateway
from bridges.links.link import Link
from bridges.links.peer import Peer
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import Mailbox
from overlay.naming.subjects import ToLink, parse_subject
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Delivery, OnDelivery, Reader, Transport
from overlay.transport.memory import MemoryTransport
from tests.dict_registry import LIMIT_S
from tests.links import Pair, Side


class Process:
    """One more process of a side's gateway."""

    def __init__(self, side: Side, transport: MemoryTransport) -> None:
        assert side.dial is not None
        self._side = side
        self._transport = transport
        self.gateway = Gateway(
            side.me,
            transport,
            side.registry,
            side.dial,
            side.settings,
            time.time,
            say=side.say,
            complain=lambda header, error: side.complaints.put_nowait((header, error)),
            on_error=lambda where, error: side.errors.append((where, error)),
        )
        self._ready = asyncio.Event()
        self._running = asyncio.create_task(self.gateway.run(self._ready.set))

    @property
    def slot(self) -> str:
        return self.gateway.peers.siblings.process

    async def ready(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            await self._ready.wait()

    async def stop(self) -> None:
        """In order, as on SIGTERM."""
        self._running.cancel()
        await asyncio.wait((self._running,))
        await self._transport.close()

    def fall_silent(self) -> None:
        """As after `kill -9`, for the peer: no frame from it or to it goes over its own broker any more."""
        self._side.domain.broker.lose = lambda delivery: self._is_mine(delivery.subject)

    def _is_mine(self, subject: str) -> bool:
        if not subject.startswith("ov.link."):
            return False
        parsed = parse_subject(subject)
        assert isinstance(parsed, ToLink)
        return self.slot in (parsed.process, parsed.sender_process)


@asynccontextmanager
async def another(side: Side) -> AsyncIterator[Process]:
    """It serves; stopped in the end."""
    made = Process(side, await side.transport(GATEWAY))
    try:
        await made.ready()
        yield made
    finally:
        await made.stop()


class Way:
    """The way to one address of a peer. While `cut`, nothing goes over it, and nobody is told so."""

    def __init__(self) -> None:
        self.cut = False
        self.carried = 0


class WayTransport(MemoryTransport):
    """Over such a way."""

    way: Way

    async def publish(self, subject: str, payload: bytes) -> None:
        if not self.way.cut:
            self.way.carried += 1
            await super().publish(subject, payload)

    async def read(self, mailbox: Mailbox, handler: OnDelivery) -> Reader:
        def through(delivery: Delivery) -> Awaitable[None] | None:
            return None if self.way.cut else handler(delivery)

        return await super().read(mailbox, through)


def ways(pair: Pair, count: int) -> dict[str, Way]:
    """`a` reaches `b` at so many addresses; the ways there."""
    here, there = pair.a, pair.b
    addresses = [BrokerAddress.parse(f"memory://b{number}.example") for number in range(count)]
    made = {str(address): Way() for address in addresses}
    here.registry.peer_list = [Peer(there.name, there.domain.bundle, GATEWAY, tuple(addresses))]

    async def dial(peer: Peer) -> Transport:
        name, broker = link_name(here.name), there.domain.broker
        transport = await WayTransport.connect(broker, name, here.settings, lambda *_: None)
        assert isinstance(transport, WayTransport)
        transport.way = made[str(peer.addresses[0])]
        return transport

    here.dial = dial
    return made


def link_of(gateway: Gateway, domain: str) -> Link:
    return gateway.peers.links[domain]


def reached(gateway: Gateway, domain: str) -> set[str]:
    """To which processes there are lines that may be used."""
    return {line.process for line in link_of(gateway, domain).lines if line.usable}
