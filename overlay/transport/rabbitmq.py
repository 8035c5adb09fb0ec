"""The transport over RabbitMQ: one topic exchange, two queues a mailbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from overlay.errors import TooLarge, Unavailable
from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import Features, OnDelivery, OnError, OnStored, Reader
from overlay.transport.rabbitmq_connection import RabbitConnection
from overlay.transport.rabbitmq_dial import RabbitDial
from overlay.transport.rabbitmq_publisher import RabbitPublisher
from overlay.transport.rabbitmq_realtime import Claim, RealtimeReader
from overlay.transport.rabbitmq_stored import StoredReader

FEATURES = Features(deduplicates=False, survives_restart=True, refuses_unread=True, fixed_reading=False)


class RabbitTransport:
    """See `contract.Transport`. Made by `connect`."""

    def __init__(self, connection: RabbitConnection) -> None:
        self._connection = connection
        self._publisher = RabbitPublisher(connection)
        self._readers: list[RealtimeReader | StoredReader] = []
        self._claims: dict[str, Claim] = {}

    @classmethod
    async def connect(
        cls, address: BrokerAddress, tls: TlsFiles, name: str, settings: Settings, on_error: OnError
    ) -> RabbitTransport:
        """Raises BadSettings, Refused, Unreachable. `on_error` must not raise."""
        dial = rabbit_dial(address, tls, name, settings)
        return cls(await RabbitConnection.open(dial, settings, on_error))

    @property
    def features(self) -> Features:
        """See `contract.Transport`."""
        return FEATURES

    @property
    def max_payload(self) -> int:
        """See `contract.Transport`."""
        return self._connection.settings.max_payload_bytes

    async def publish(self, subject: str, payload: bytes) -> None:
        """See `contract.Transport`."""
        self._check_size(payload)
        await self._publisher.publish(subject, payload)

    def publish_now(self, subject: str, payload: bytes) -> bool:
        """See `contract.Transport`."""
        self._check_size(payload)
        return self._publisher.publish_now(subject, payload)

    async def store(self, subject: str, payload: bytes, *, message_id: str, ttl_s: float) -> None:
        """See `contract.Transport`."""
        self._check_size(payload)
        self._connection.life.check()
        await self._publisher.store(subject, payload, message_id, ttl_s)

    async def flush(self) -> None:
        """See `contract.Transport`."""
        await self._publisher.flush()

    async def claim_slot(self, name: str) -> str:
        """See `contract.Transport`."""
        claim = await Claim.first_free(self._connection, name)
        self._claims[claim.mailbox.name] = claim
        return claim.slot

    async def read(self, mailbox: Mailbox, handler: OnDelivery) -> Reader:
        """See `contract.Transport`."""
        self._connection.life.check()
        claim = self._claims.get(mailbox.name)
        if claim is not None:
            reader = claim.read(handler)
        else:
            reader = await RealtimeReader.open(self._connection, mailbox, handler)
        self._readers.append(reader)
        return reader

    async def read_stored(self, mailbox: Mailbox, handler: OnStored) -> Reader:
        """See `contract.Transport`."""
        self._connection.life.check()
        reader = await StoredReader.open(self._connection, mailbox, handler)
        self._readers.append(reader)
        return reader

    def use_files(self, tls: TlsFiles) -> None:
        """See `contract.Transport`."""
        self._connection.use_files(tls)

    def use_addresses(self, addresses: Sequence[BrokerAddress]) -> None:
        """See `contract.Transport`."""
        self._connection.addresses.use(addresses)

    async def closed(self) -> None:
        """See `contract.Transport`."""
        await self._connection.life.wait()

    async def close(self) -> None:
        """See `contract.Transport`."""
        try:
            await asyncio.gather(*(reader.stop() for reader in self._readers))
            await asyncio.gather(*(claim.stop() for claim in self._claims.values()))
            await self._hand_over()
        finally:
            await self._connection.close()

    async def _hand_over(self) -> None:
        client = self._connection.client
        if client is None or client.is_lost:
            return  # nothing waits here: whoever publishes while the broker is away waits for it himself
        try:
            async with asyncio.timeout(self._connection.settings.drain_timeout_s):
                await self._publisher.flush()
        except (Unavailable, TimeoutError) as error:
            self._connection.on_error("close", Unavailable(f"not everything was handed over: {error}"))

    def _check_size(self, payload: bytes) -> None:
        if len(payload) > self.max_payload:
            raise TooLarge(f"{len(payload)} bytes are over the broker's limit of {self.max_payload}")


def rabbit_dial(address: BrokerAddress, tls: TlsFiles, name: str, settings: Settings) -> RabbitDial:
    """How `name` gets there."""
    return RabbitDial(address, tls, name, settings.rabbitmq_heartbeat_s, settings.connect_timeout_s)
