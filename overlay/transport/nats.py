"""The transport over NATS: core subjects for realtime, JetStream for what is stored."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from overlay.errors import TooLarge, Unreachable
from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import Features, OnDelivery, OnError, OnStored, Reader
from overlay.transport.nats_client import Dial, NatsClient, on_wire
from overlay.transport.nats_connection import NatsConnection
from overlay.transport.nats_realtime import NatsReader
from overlay.transport.nats_requests import NatsRequests
from overlay.transport.nats_store import HEADER_ROOM, NatsStore
from overlay.transport.nats_stored import NatsStoredReader

FEATURES = Features(deduplicates=True, survives_restart=True, refuses_unread=False, fixed_reading=True)

_LAST_S = 0.5
"""For what closing still has to do when handlers took all the time there was."""


class NatsTransport:
    """See `contract.Transport`. Made by `connect`."""

    def __init__(
        self, connection: NatsConnection, requests: NatsRequests, settings: Settings, on_error: OnError
    ) -> None:
        self._connection = connection
        self._requests = requests
        self._settings = settings
        self._on_error = on_error
        self._store = NatsStore(connection, requests, settings)
        self._readers: list[Reader] = []
        self._max_payload = connection.max_payload - HEADER_ROOM
        self._published_on: NatsClient | None = None

    @classmethod
    async def connect(
        cls, address: BrokerAddress, tls: TlsFiles, name: str, settings: Settings, on_error: OnError
    ) -> NatsTransport:
        """Raises Unreachable, Refused, BadSettings. `on_error` must not raise."""
        dial = Dial(address, tls, name, settings.nats_ping_s)
        connection = await NatsConnection.open(dial, settings, on_error)
        try:
            requests = await NatsRequests.open(connection, name)
        except BaseException:
            await connection.close(settings.drain_timeout_s)
            raise
        return cls(connection, requests, settings, on_error)

    @property
    def features(self) -> Features:
        """See `contract.Transport`."""
        return FEATURES

    @property
    def max_payload(self) -> int:
        """See `contract.Transport`."""
        return self._max_payload

    async def publish(self, subject: str, payload: bytes) -> None:
        """See `contract.Transport`."""
        if len(payload) > self._max_payload:
            raise self._too_large(payload)
        client = self._connection.client
        if client is None:
            client = await self._connection.ready(self._settings.publish_timeout_s)
        if not client.has_room():
            await client.room(self._settings.publish_timeout_s)
        self._published_on = client
        client.publish_now(on_wire(subject), payload)

    def publish_now(self, subject: str, payload: bytes) -> bool:
        """See `contract.Transport`."""
        if len(payload) > self._max_payload:
            raise self._too_large(payload)
        client = self._connection.client
        if client is None or not client.has_room():
            return False
        self._published_on = client
        client.publish_now(on_wire(subject), payload)
        return True

    async def store(self, subject: str, payload: bytes, *, message_id: str, ttl_s: float) -> None:
        """See `contract.Transport`."""
        if len(payload) > self._max_payload:
            raise self._too_large(payload)
        await self._store.store(subject, payload, message_id, ttl_s)

    async def flush(self) -> None:
        """See `contract.Transport`."""
        client = await self._connection.ready(self._settings.publish_timeout_s)
        published_on, self._published_on = self._published_on, None
        await client.round_trip(self._settings.publish_timeout_s)
        if published_on not in (None, client):
            raise Unreachable("the connection was lost meanwhile: what was published before may be gone")

    async def claim_slot(self, name: str) -> str:
        """See `contract.Transport`. Random, so never taken."""
        self._connection.life.check()
        return f"{name[:1]}{secrets.token_hex(8)}"

    async def read(self, mailbox: Mailbox, handler: OnDelivery) -> Reader:
        """See `contract.Transport`."""
        reader = await NatsReader.open(self._connection, mailbox, handler, self._settings, self._on_error)
        self._readers.append(reader)
        return reader

    async def read_stored(self, mailbox: Mailbox, handler: OnStored) -> Reader:
        """See `contract.Transport`."""
        reader = await NatsStoredReader.open(
            self._connection,
            self._requests,
            mailbox,
            handler,
            settings=self._settings,
            on_error=self._on_error,
        )
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
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.drain_timeout_s
        try:
            await asyncio.gather(*(reader.stop() for reader in self._readers))
            await self._hand_over(until - loop.time())
        finally:
            await self._connection.close(max(until - loop.time(), _LAST_S))

    async def _hand_over(self, timeout_s: float) -> None:
        client = self._connection.client
        if client is not None:
            try:
                await client.round_trip(max(timeout_s, _LAST_S))
            except Unreachable as error:
                self._on_error("close", error)

    def _too_large(self, payload: bytes) -> TooLarge:
        return TooLarge(
            f"{len(payload)} bytes are over the broker's limit of {self._max_payload}: send less at once, or "
            "raise max_payload_bytes of the domain"
        )
