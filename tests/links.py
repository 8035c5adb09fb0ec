"""Two domains in memory whose gateways are linked, with registries that are dicts."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec

from bridges.gateway import Gateway
from bridges.peer import Peer
from overlay.errors import BadInput, OverlayError
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import agent_inbox, mailboxes_of_gateway, mailboxes_of_link
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.registry.protocol import Changes, Learned
from overlay.registry.record import Presence, Profile, Record
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.contract import Delivery, Stored, Transport
from overlay.transport.memory import MemoryTransport
from overlay.trust.identity import Role
from overlay.trust.keys import new_id
from overlay.wire.envelope import Header, decode_envelope, encode_envelope, encode_header
from tests.memory_domain import MemoryDomain

LIMIT_S = 30.0


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
    }
    return Settings.model_validate(quick | changes)


def record(party: str, version: int) -> Record:
    """Of an agent, as a registry would tell it."""
    return Record(party, Profile(), b"card", "0a", Presence.ONLINE, f"id-{party}", 0.0, 0.0, version)


class DictRegistry:
    """`RegistryPort` without proofs."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.log = f"log of {domain}"
        self.version = 0
        self.peer_list: list[Peer] = []
        self.revoked: set[tuple[str, int]] = set()
        self.online: dict[str, bool] = {}
        self.learned: dict[str, dict[str, Record]] = {}
        self._events: list[tuple[int, str, bool]] = []
        self._known: dict[str, tuple[str, int]] = {}
        self._changed = asyncio.Event()

    def register(self, *names: str) -> None:
        self._append(names, present=True)

    def deregister(self, *names: str) -> None:
        self._append(names, present=False)

    def _append(self, names: Sequence[str], *, present: bool) -> None:
        for name in names:
            self.version += 1
            self._events.append((self.version, f"{name}@{self.domain}", present))
        self._touch()

    def restart(self) -> None:
        """With another log: everybody begins anew."""
        self.log += "+"
        self._touch()

    async def changes(self, log: str = "", since: int = 0, wait_s: float = 0.0) -> Changes:
        if (log, since) == (self.log, self.version) and wait_s:
            await self._wait(wait_s)
        full = log != self.log
        since = 0 if full else since
        latest = {party: present for number, party, present in self._events if number > since}
        records = tuple(record(party, self.version) for party, present in latest.items() if present)
        gone = tuple(party for party, present in latest.items() if not present)
        return Changes(self.log, since, self.version, full, records, gone, more=False)

    async def learn(self, domain: str, changes: Changes) -> Learned:
        if not changes.full and self._known.get(domain) != (changes.log, changes.since):
            raise BadInput("a page is missing")
        known = {} if changes.full else self.learned.get(domain, {})
        known |= {item.party: item for item in changes.records}
        self.learned[domain] = {party: item for party, item in known.items() if party not in changes.gone}
        self._known[domain] = (changes.log, changes.version)
        self._touch()
        return Learned(changes.log, changes.version, {})

    async def peers(self) -> Sequence[Peer]:
        return list(self.peer_list)

    async def known(self, domain: str) -> tuple[str, int]:
        return self._known.get(domain, ("", 0))

    def denies(self, domain: str, serial: int) -> bool:
        return (domain, serial) in self.revoked

    async def peer_state(self, domain: str, *, online: bool) -> None:
        self.online[domain] = online
        self._touch()

    async def until(self, true: Callable[[], bool]) -> None:
        """Returns when something that the registry was told makes it so."""
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await self._changed.wait()

    async def _wait(self, wait_s: float) -> None:
        waiting = asyncio.ensure_future(self._changed.wait())
        await asyncio.wait((waiting,), timeout=wait_s)
        waiting.cancel()

    def _touch(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


async def eventually(true: Callable[[], bool]) -> None:
    """For what has no event of its own, such as a counter."""
    async with asyncio.timeout(LIMIT_S):
        for _ in itertools.count():
            if true():
                return
            await asyncio.sleep(0.01)


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
        self.errors: list[tuple[str, Exception]] = []
        self.dial: Callable[[Peer], Awaitable[Transport]] | None = None
        self.gateway: Gateway
        self._running: asyncio.Task[None] | None = None
        self._transports: list[MemoryTransport] = []

    @property
    def name(self) -> str:
        return self.domain.name

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
            complain=lambda header, error: self.complaints.put_nowait((header, error)),
            on_error=self._on_error,
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
