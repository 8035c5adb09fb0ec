"""A whole trust domain in memory: root, broker, parties, a directory; and a relay between two of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from overlay.clock import Clock, system_clock
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.errors import NotFound
from overlay.naming.ids import CA, GATEWAY, REGISTRY, SERVICES, PartyId
from overlay.naming.mailboxes import (
    Mailbox,
    departures,
    mailboxes_of_agent,
    mailboxes_of_caller,
    mailboxes_of_gateway,
    mailboxes_of_service,
)
from overlay.naming.subjects import Priority, ToAgent, ToDomain, ToProcess, parse_subject
from overlay.policy.access import AccessPolicy, allowing, with_allowed
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnError, Stored
from overlay.transport.memory import MemoryTransport
from overlay.transport.memory_broker import MemoryBroker
from overlay.trust.attributes import Attributes
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keycard import KeyCard, make_card, open_card
from overlay.trust.keys import SealingKey, SigningKey
from overlay.wire.envelope import decode_envelope

DAY = 86400.0


class TappedBroker(MemoryBroker):
    """Shows what was sent, and can lose messages."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.sent: list[Delivery] = []
        self.lose: Callable[[Delivery], bool] = lambda _: False

    def publish(self, subject: str, payload: bytes) -> None:
        delivery = Delivery(subject, payload)
        self.sent.append(delivery)
        if not self.lose(delivery):
            super().publish(subject, payload)

    def store(self, subject: str, payload: bytes, message_id: str, ttl_s: float) -> None:
        self.sent.append(Delivery(subject, payload))
        super().store(subject, payload, message_id, ttl_s)


class MemoryDirectory:
    """Cards and roots in dicts. Counts look-ups."""

    def __init__(self, own: TrustBundle, clock: Clock) -> None:
        self.store = TrustStore(own)
        self.cards: dict[PartyId, bytes] = {}
        self.bundles: dict[str, TrustBundle] = {}
        self.lookups = 0
        self._clock = clock

    async def card(self, party: PartyId) -> KeyCard:
        self.lookups += 1
        if party not in self.cards:
            raise NotFound(f"there is no {party}")
        return open_card(self.cards[party], self.store, self._clock())

    async def bundle(self, domain: str) -> TrustBundle:
        self.lookups += 1
        if domain not in self.bundles:
            raise NotFound(f"we have no peer {domain}")
        return self.bundles[domain]


class MemoryDomain:
    """`party` makes somebody, `open` an endpoint for one or more processes of them."""

    def __init__(
        self, name: str = "a.example", settings: Settings | None = None, clock: Clock = system_clock
    ) -> None:
        self.name = name
        self.settings = settings or Settings()
        self.clock = clock
        root, key = new_root(name, 3650 * DAY, clock())
        self.issuer = Issuer(root, key)
        self.bundle = TrustBundle(name, (root,))
        self.broker = TappedBroker(clock)
        self.directory = MemoryDirectory(self.bundle, clock)
        self.access = AccessPolicy()
        """Of the endpoints that are opened from now on."""
        self.errors: list[tuple[str, Exception]] = []
        roles = {CA: Role.SERVICE, REGISTRY: Role.SERVICE, GATEWAY: Role.GATEWAY}
        self._services = {service: self.credentials(service, roles[service]) for service in SERVICES}
        for service, role in roles.items():
            self.broker.ensure(_mailboxes(service, role))
        self.card = DomainCard(
            domain=name,
            roots=(root.public_bytes(Encoding.PEM),),
            brokers=(f"memory://{name}",),
            services={name: make_card(owner, clock()) for name, owner in self._services.items()},
        )

    def credentials(
        self, name: str, role: Role = Role.AGENT, skills: Sequence[str] = (), lifetime_s: float = 30 * DAY
    ) -> Credentials:
        """New keys with a certificate of this domain."""
        key, party = SigningKey.generate(), PartyId.of(name, self.name)
        peer = "peer.example" if role is Role.LINK else ""
        now = self.clock()
        attributes = Attributes(tuple(skills))
        certificate = self.issuer.issue(
            key.public, party, role, lifetime_s, now, attributes=attributes, peer=peer
        )
        return Credentials(certificate, key, (SealingKey.generate(),), (self.issuer.root,))

    def party(
        self,
        name: str,
        role: Role = Role.AGENT,
        skills: Sequence[str] = (),
        *,
        state_path: Path | None = None,
        settings: Settings | None = None,
    ) -> Party:
        """A party with its mailboxes; agents and the gateway are in the directory."""
        made = self._services.get(name)
        credentials = made or self.credentials(name, role, skills)
        self.broker.ensure(_mailboxes(name, role))
        if role in (Role.AGENT, Role.GATEWAY):
            self.directory.cards[credentials.party] = make_card(credentials, self.clock())
        return Party(
            credentials, self.card, settings or self.settings, state_path=state_path, clock=self.clock
        )

    @asynccontextmanager
    async def open(self, who: str | Party, role: Role = Role.AGENT) -> AsyncIterator[Endpoint]:
        """An endpoint of a party (made here, if it is a name)."""
        party = who if isinstance(who, Party) else self.party(who, role)

        def on_error(where: str, error: Exception) -> None:
            self.errors.append((where, error))

        async with Endpoint.open(
            party, directory=self.directory, connect=self.connect, on_error=on_error
        ) as endpoint:
            endpoint.gate.policy = self.access
            yield endpoint

    async def connect(self, party: Party, on_error: OnError) -> MemoryTransport:
        """How endpoints reach this domain's broker."""
        return await MemoryTransport.connect(self.broker, party.id.name, party.settings, on_error)

    def peer_with(self, other: MemoryDomain) -> None:
        """The directory knows the other domain: its roots, and the cards of its parties."""
        self.directory.bundles[other.name] = other.bundle
        self.directory.store.add(other.bundle)
        self.directory.cards |= other.directory.cards


def _mailboxes(name: str, role: Role) -> tuple[Mailbox, ...]:
    if role is Role.GATEWAY:
        return mailboxes_of_gateway(name)
    if name in (CA, REGISTRY):
        return mailboxes_of_service(name)
    return mailboxes_of_agent(name) if role is Role.AGENT else mailboxes_of_caller(name)


@asynccontextmanager
async def peered(one: MemoryDomain, two: MemoryDomain) -> AsyncIterator[None]:
    """A trivial gateway between two domains: what leaves one arrives in the other, untouched. Their agents
    let each other in.
    """
    one.access = with_allowed(one.access, allowing((two.name,)))
    two.access = with_allowed(two.access, allowing((one.name,)))
    one.peer_with(two)
    two.peer_with(one)
    async with AsyncExitStack() as stack:
        for here, there in ((one, two), (two, one)):
            here.broker.ensure(mailboxes_of_gateway(GATEWAY))
            await stack.enter_async_context(_relay(here, there))
        yield


@asynccontextmanager
async def _relay(here: MemoryDomain, there: MemoryDomain) -> AsyncIterator[None]:
    ends = [await MemoryTransport.connect(end.broker, GATEWAY, end.settings, _raise) for end in (here, there)]
    inside, outside = ends

    async def realtime(delivery: Delivery) -> None:
        await outside.publish(_arrival(delivery), delivery.payload)

    async def stored(stored: Stored) -> None:
        delivery = stored.delivery
        message_id = decode_envelope(delivery.payload).header.id.hex()
        await outside.store(_arrival(delivery), delivery.payload, message_id=message_id, ttl_s=60.0)
        await stored.ack()

    try:
        for priority in Priority:
            await inside.read(departures(GATEWAY, priority), realtime)
            await inside.read_stored(departures(GATEWAY, priority), stored)
        yield
    finally:
        await asyncio.gather(*(end.close() for end in ends))


def _arrival(delivery: Delivery) -> str:
    subject = parse_subject(delivery.subject)
    assert isinstance(subject, ToDomain)
    slot = decode_envelope(delivery.payload).header.slot
    if slot:
        return str(ToProcess(subject.cls, subject.priority, subject.to, slot, GATEWAY))
    return str(ToAgent(subject.cls, subject.priority, subject.to, GATEWAY))


def _raise(where: str, error: Exception) -> None:
    raise AssertionError(where) from error


def quick(**changes: object) -> Settings:
    """Settings for tests that would else wait: short waits where waiting is not what is tested."""
    values: dict[str, object] = {"receipt_wait_s": 0.0, "handler_backoff_s": 0.0, "redelivery_wait_s": 0.01}
    return Settings.model_validate(values | changes)
