"""What one test works with: fresh names on a broker, and connections that are closed afterwards."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from overlay.naming.mailboxes import Mailbox, agent_inbox, mailboxes_of_agent
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Stored, Transport
from tests.conformance.subject import Subject

PATIENCE_S = 30.0
SETTINGS = Settings(
    connect_timeout_s=10,
    reconnect_limit_s=60,
    reconnect_wait_s=0.1,
    redelivery_wait_s=0.1,
    ack_wait_s=30,
    store_timeout_s=20,
    publish_timeout_s=20,
)


class Errors:
    """Remembers what a transport reported."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Exception]] = []
        self._any = asyncio.Event()

    def __call__(self, where: str, error: Exception) -> None:
        self.seen.append((where, error))
        self._any.set()

    async def first(self) -> Exception:
        """Waits for one."""
        async with asyncio.timeout(PATIENCE_S):
            await self._any.wait()
        return self.seen[0][1]


class Basket:
    """Collects what readers get, and lets a test wait for it."""

    def __init__(self) -> None:
        self.items: list[bytes] = []
        self.unsettled: list[Stored] = []
        self.attempts: list[int] = []
        self._changed = asyncio.Event()

    async def take(self, delivery: Delivery) -> None:
        """As a handler of realtime messages."""
        self.put(delivery)

    async def take_stored(self, stored: Stored) -> None:
        """As a handler of stored messages: acknowledges them."""
        self.attempts.append(stored.attempt)
        self.put(stored.delivery)
        await stored.ack()

    async def hold(self, stored: Stored) -> None:
        """As a handler of stored messages: leaves them unsettled."""
        self.attempts.append(stored.attempt)
        self.unsettled.append(stored)
        self.put(stored.delivery)

    def put(self, delivery: Delivery) -> None:
        """One more."""
        self.items.append(delivery.payload)
        self._changed.set()

    async def until(self, count: int) -> list[bytes]:
        """Waits for `count` messages."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.items) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.items

    async def until_has(self, payload: bytes) -> list[bytes]:
        """Waits for this message."""
        async with asyncio.timeout(PATIENCE_S):
            while payload not in self.items:
                self._changed.clear()
                await self._changed.wait()
        return self.items


@dataclass(frozen=True)
class Pair:
    """A sender, a receiver with its mailboxes, and how the one addresses the other."""

    name: str
    sender: str
    receiving: Transport
    sending: Transport

    @property
    def inbox(self) -> Mailbox:
        """What the receiver reads."""
        return agent_inbox(self.name)

    @property
    def realtime(self) -> str:
        """A realtime subject from the sender to the receiver."""
        return f"ov.rt.normal.agent.{self.name}.{self.sender}"

    @property
    def reliable(self) -> str:
        """A subject for stored messages from the sender to the receiver."""
        return f"ov.rel.normal.agent.{self.name}.{self.sender}"

    async def publish(self, *payloads: bytes) -> None:
        """Realtime, and at the broker when this returns."""
        for payload in payloads:
            await self.sending.publish(self.realtime, payload)
        await self.sending.flush()

    async def store(self, *payloads: bytes, ttl_s: float = 600.0) -> None:
        """Each under an ID of its own, one after the other."""
        for payload in payloads:
            await self.sending.store(self.reliable, payload, message_id=secrets.token_hex(16), ttl_s=ttl_s)


class Bench:
    """Fresh names on one broker, and everything that a test opened there."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.errors = Errors()
        self._transports: list[Transport] = []

    def name(self) -> str:
        """A name that nobody had before."""
        return f"t{secrets.token_hex(6)}"

    async def pair(self, settings: Settings = SETTINGS) -> Pair:
        """Two fresh agents, connected; `settings` are the receiver's."""
        name, sender = self.name(), self.name()
        await self.ensure(*mailboxes_of_agent(name))
        return Pair(name, sender, await self.connect(name, settings), await self.connect(sender))

    async def ensure(self, *mailboxes: Mailbox) -> None:
        """As the domain: make these."""
        provisioner = await self.subject.provisioner()
        try:
            await provisioner.prepare()
            await provisioner.ensure(mailboxes)
        finally:
            await provisioner.close()

    async def remove(self, *mailboxes: Mailbox) -> None:
        """As the domain: take these away."""
        provisioner = await self.subject.provisioner()
        try:
            await provisioner.remove(mailboxes)
        finally:
            await provisioner.close()

    async def connect(self, party: str, settings: Settings = SETTINGS) -> Transport:
        """A connection that the bench closes."""
        transport = await self.subject.connect(party, settings, self.errors)
        self._transports.append(transport)
        return transport

    async def close(self) -> None:
        """Closes every connection."""
        await asyncio.gather(*(transport.close() for transport in self._transports))


@asynccontextmanager
async def bench_on(subject: Subject) -> AsyncIterator[Bench]:
    """A bench that closes what it opened."""
    bench = Bench(subject)
    try:
        yield bench
    finally:
        await bench.close()


async def until_true(condition: Callable[[], bool]) -> None:
    """Looks again and again for what nobody announces."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)
