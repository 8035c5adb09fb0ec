"""When a revoked agent has lost what it had, seen from outside: at its broker, its registry and a peer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from overlay.bench.tcp_relay import Relay
from overlay.ca.revocation.following import Following
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Message
from overlay.endpoint.party import Party
from overlay.errors import BadCertificate, NotFound, OverlayError
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.subjects import Class, Priority, ToAgent, ToDomain
from overlay.policy.access import AccessPolicy, allowing, with_allowed
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile
from overlay.settings import Settings
from overlay.transport.connect import connect
from overlay.transport.contract import Transport
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.trust.serials import serial_text
from overlay.wire.content import Content, Kind, encode_content

_LOOK_AGAIN_S = 0.002
_MESSAGE_S = 30.0


async def until(condition: Callable[[], Awaitable[bool]]) -> float:
    """When it came true, by `time.perf_counter`."""
    while not await condition():
        await asyncio.sleep(_LOOK_AGAIN_S)
    return time.perf_counter()


class Observer:
    """Somebody of a domain who looks up others, and whom others write to."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.registry = RegistryClient(endpoint)
        self.heard: set[bytes] = set()

    @classmethod
    @asynccontextmanager
    async def present(cls, party: Party) -> AsyncIterator[Observer]:
        """Registered, and hears of revocations like every agent."""
        async with Endpoint.open(party) as endpoint:
            observer = cls(endpoint)
            endpoint.use_directory(observer.registry)
            endpoint.gate.policy = with_allowed(AccessPolicy(), allowing(("anyone",)))
            Following(endpoint, from_now=True)
            await observer.registry.follow_denied()
            await endpoint.serve(observer._hear)
            await observer.registry.register(Profile())
            yield observer

    async def _hear(self, message: Message) -> None:
        self.heard.add(message.body)

    async def knows(self, party: PartyId, serial: str = "") -> bool:
        """Whether its registry resolves this agent, by that certificate if one is named."""
        try:
            record = await self.registry.resolve(party)
        except NotFound:
            return False
        return not serial or record.serial == serial


@dataclass(frozen=True)
class Border:
    """Where a peer's gateway hands over what comes from outside: here messages are put in, gateway or not."""

    transport: Transport
    receiver: Observer
    card: KeyCard

    async def refuses(self, party: Party, keyring: Keyring) -> bool:
        """Whether the receiver refuses what this agent seals."""
        body = new_id()
        to = self.receiver.endpoint.me
        published = ToDomain(Class.REALTIME, Priority.NORMAL, to.domain, to.name, party.id.name)
        sealed = keyring.seal(
            str(published),
            self.card,
            encode_content(Content(kind=Kind.MESSAGE, body=body)),
            id=new_id(),
            cls=Class.REALTIME,
            priority=Priority.NORMAL,
            deadline_ms=int((party.clock() + _MESSAGE_S) * 1000),
            sender_slot="s0",
            always_wrap=True,
        )
        counters = self.receiver.endpoint.counters
        before = counters[BadCertificate.reason]
        arriving = ToAgent(Class.REALTIME, Priority.NORMAL, to.name, GATEWAY)
        await self.transport.publish(str(arriving), sealed)
        while body not in self.receiver.heard:
            if counters[BadCertificate.reason] > before:
                return True
            await asyncio.sleep(_LOOK_AGAIN_S)
        return False


class Victim:
    """The agent that is revoked, connected by way of a relay."""

    def __init__(self, party: Party, relay: Relay, settings: Settings) -> None:
        self.party = party
        self.serial = serial_text(party.credentials.identity.serial)
        self._relay = relay
        self._settings = settings

    @classmethod
    @asynccontextmanager
    async def present(cls, party: Party, settings: Settings) -> AsyncIterator[Victim]:
        """Registered, with an open connection."""
        address = party.addresses[0]
        async with Relay(address.host, address.port).listening() as relay:
            url = str(address).replace(f":{address.port}", f":{relay.port}", 1)
            card = msgspec.structs.replace(party.domain_card, brokers=(url,))
            through = Party(party.credentials, card, settings, party.tls, party.state_path)
            async with Endpoint.open(through, on_error=_expected) as endpoint:
                await RegistryClient(endpoint).register(Profile())
                yield cls(through, relay, settings)

    async def is_closed(self) -> float:
        """When the broker ended its connection."""
        return await asyncio.shield(self._relay.closed)

    async def is_refused(self) -> float:
        """When its connection was gone and the broker refused a new one."""
        await self.is_closed()
        return await until(self._cannot_log_in)

    async def _cannot_log_in(self) -> bool:
        party = self.party
        assert party.tls is not None
        try:
            transport = await connect(party.addresses, party.tls, party.id.name, self._settings, _expected)
        except OverlayError:
            return True
        await transport.close()
        return False


@asynccontextmanager
async def border_of(gateway: Party, receiver: Observer) -> AsyncIterator[Border]:
    """With the certificate of the receiver's own gateway."""
    assert gateway.tls is not None
    transport = await connect(gateway.addresses, gateway.tls, GATEWAY, gateway.settings, log_error)
    try:
        card = await receiver.registry.card(receiver.endpoint.me)
        yield Border(transport, receiver, card)
    finally:
        await transport.close()


def _expected(where: str, error: Exception) -> None:
    """A revoked agent has nothing but errors, which are what is measured."""
