"""Two domains in memory whose gateways are linked, with registries that are dicts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec

from bridges.gateway import Gateway
from bridges.links.peer import Peer
from bridges.ports import LinkCertificates
from overlay.errors import OverlayError
from overlay.naming.ids import GATEWAY, PartyId, link_name
from overlay.naming.mailboxes import agent_inbox, mailboxes_of_gateway, mailboxes_of_link
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Delivery, Stored, Transport
from overlay.transport.memory import MemoryTransport
from overlay.trust.identity import Role
from overlay.trust.keys import new_id
from overlay.wire.envelope import Header, decode_envelope, encode_envelope, encode_header
from tests.dict_registry import LIMIT_S, DictRegistry
from tests.memory_domain import MemoryDomain


def link_settings(**changes: object) -> Settings:
    """Everything that waits waits little."""
    quick: dict[str, object] = {
        "link_heartbeat_s": 0.2,
        "link_silence_s": 3.0,
        "link_handshake_s": 2.0,
        "link_retry_s": 0.05,
        "link_retry_max_s": 0.2,
        "gateway_again_s": 0.05,
        "gateway_again_max_s": 0.2,
        "gateway_poll_s": 0.1,
        "gateway_lookup_s": 0.0,
        "gateway_restart_s": 0.05,
        "gateway_store_workers": 8,
        "drain_timeout_s": 0.5,
        "gateway_gone_s": 0.6,
        "link_look_s": 0.05,
    }
    return Settings.model_validate(quick | changes)


class Inbox:
    """What one agent reads."""

    def __init__(self) -> None:
        self.realtime: asyncio.Queue[Delivery] = asyncio.Queue()
        self.stored: asyncio.Queue[Delivery] = asyncio.Queue()

    async def take_realtime(self, delivery: Delivery) -> None:
        self.realtime.put_nowait(delivery)

    async def take_stored(self, stored: Stored) -> None:
        self.stored.put_nowait(stored.delivery)
        await stored.ack()

    async def next_realtime(self) -> Delivery:
        async with asyncio.timeout(LIMIT_S):
            return await self.realtime.get()

    async def next_stored(self) -> Delivery:
        async with asyncio.timeout(LIMIT_S):
            return await self.stored.get()


class Side:
    """One of the two domains: its broker, its registry and its gateway, which can be stopped and killed."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.domain = MemoryDomain(name, settings)
        self.settings = settings
        self.registry = DictRegistry(name)
        self.me = self.domain.credentials(GATEWAY, Role.GATEWAY)
        self.domain.broker.ensure(mailboxes_of_gateway(GATEWAY))
        self.complaints: asyncio.Queue[tuple[Header, OverlayError]] = asyncio.Queue()
        self.said: list[tuple[PartyId, bytes]] = []
        """What the gateway told publishers."""
        self.errors: list[tuple[str, Exception]] = []
        self.dial: Callable[[Peer], Awaitable[Transport]] | None = None
        self.certificates: LinkCertificates | None = None
        self.gateway: Gateway
        self._running: asyncio.Task[None] | None = None
        self._transports: list[MemoryTransport] = []

    @property
    def name(self) -> str:
        return self.domain.name

    async def say(self, party: PartyId, talk: bytes) -> None:
        self.said.append((party, talk))

    async def transport(self, name: str) -> MemoryTransport:
        made = await MemoryTransport.connect(self.domain.broker, name, self.settings, self._on_error)
        self._transports.append(made)
        return made

    async def start(self) -> None:
        transport = await self.transport(GATEWAY)
        assert self.dial is not None
        self.gateway = Gateway(
            self.me,
            transport,
            self.registry,
            self.dial,
            self.settings,
            time.time,
            say=self.say,
            complain=lambda header, error: self.complaints.put_nowait((header, error)),
            on_error=self._on_error,
            certificates=self.certificates,
        )
        ready = asyncio.Event()
        self._running = asyncio.create_task(self._run(self.gateway, transport, ready))
        async with asyncio.timeout(LIMIT_S):
            await ready.wait()

    async def _run(self, gateway: Gateway, transport: MemoryTransport, ready: asyncio.Event) -> None:
        try:
            await gateway.run(ready.set)
        finally:
            await transport.close()

    async def stop(self) -> None:
        """In order: goodbyes are said."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait((self._running,))
            if not self._running.cancelled():
                self._running.result()
            self._running = None

    async def kill(self, *brokers: MemoryDomain) -> None:
        """As `kill -9`: nothing of it reaches anybody any more."""
        for domain in brokers:
            domain.broker.lose = lambda delivery: delivery.subject.startswith("ov.link.")
        await self.stop()
        for domain in brokers:
            domain.broker.lose = lambda _: False

    async def close(self) -> None:
        await self.stop()
        for transport in self._transports:
            await transport.close()

    async def agent(self, name: str) -> Inbox:
        """A registered agent that reads."""
        self.domain.broker.ensure((agent_inbox(name),))
        self.registry.register(name)
        inbox = Inbox()
        transport = await self.transport(name)
        await transport.read(agent_inbox(name), inbox.take_realtime)
        await transport.read_stored(agent_inbox(name), inbox.take_stored)
        return inbox

    async def send(self, author: str, to: str, /, body: bytes = b"sealed", **changes: object) -> Header:
        """Hand a message to the broker as an agent does; `changes` to the header make it a forgery."""
        header, payload = envelope(f"{author}@{self.name}", to, body, **changes)
        name, _, domain = to.partition("@")
        subject = str(ToDomain(header.cls, header.priority, domain, name, author))
        if header.cls is Class.REALTIME:
            self.domain.broker.publish(subject, payload)
        else:
            self.domain.broker.store(subject, payload, header.id.hex(), 3600.0)
        return header

    def _on_error(self, where: str, error: Exception) -> None:
        self.errors.append((where, error))


def envelope(author: str, to: str, /, body: bytes = b"sealed", **changes: object) -> tuple[Header, bytes]:
    """A header and the envelope with it; gateways do not open what is sealed."""
    deadline_ms = int((time.time() + 3600) * 1000)
    base = Header(new_id(), author, to, Class.REALTIME, Priority.NORMAL, deadline_ms, bytes(16), 0)
    header = msgspec.structs.replace(base, **changes)
    return header, encode_envelope(encode_header(header), body)


def body_of(delivery: Delivery) -> bytes:
    return decode_envelope(delivery.payload).sealed


class Pair:
    """`a` dials `b`."""

    def __init__(self, settings: Settings) -> None:
        self.a, self.b = Side("a.example", settings), Side("b.example", settings)
        for here, there in ((self.a, self.b), (self.b, self.a)):
            here.domain.broker.ensure(mailboxes_of_link(link_name(there.name)))
            here.dial = self._dial(here, there)
        self.peer(self.a, self.b, dials=True)
        self.peer(self.b, self.a, dials=False)

    def peer(self, here: Side, there: Side, *, dials: bool) -> None:
        addresses = (BrokerAddress.parse(f"memory://{there.name}"),) if dials else ()
        here.registry.peer_list = [Peer(there.name, there.domain.bundle, GATEWAY, addresses)]

    async def linked(self) -> None:
        await self.a.registry.until(lambda: self.a.registry.online.get(self.b.name, False))
        await self.b.registry.until(lambda: self.b.registry.online.get(self.a.name, False))

    @staticmethod
    def _dial(here: Side, there: Side) -> Callable[[Peer], Awaitable[Transport]]:
        async def dial(_: Peer) -> Transport:
            name = link_name(here.name)
            return await MemoryTransport.connect(there.domain.broker, name, here.settings, here._on_error)

        return dial


@asynccontextmanager
async def pair(**changes: object) -> AsyncIterator[Pair]:
    """Two domains, not started."""
    made = Pair(link_settings(**changes))
    try:
        yield made
    finally:
        await made.a.close()
        await made.b.close()


@asynccontextmanager
async def linked_pair(**changes: object) -> AsyncIterator[Pair]:
    """Two domains whose gateways are linked."""
    async with pair(**changes) as made:
        await made.b.start()
        await made.a.start()
        await made.linked()
        yield made
