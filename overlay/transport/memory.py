"""The transport and the provisioner over the broker in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from overlay.errors import NotStored, TooLarge, Unreachable
from overlay.naming.mailboxes import Mailbox, process_inbox
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import Features, OnDelivery, OnError, OnStored, Reader
from overlay.transport.lifetime import Lifetime
from overlay.transport.memory_broker import MemoryBroker
from overlay.transport.memory_readers import MemoryReader, MemoryStoredReader

FEATURES = Features(deduplicates=True, survives_restart=True, refuses_unread=True, fixed_reading=False)


class MemoryTransport:
    """See `contract.Transport`. Made by `connect`."""

    def __init__(self, broker: MemoryBroker, name: str, settings: Settings, on_error: OnError) -> None:
        self._broker = broker
        self._name = name
        self._settings = settings
        self._on_error = on_error
        self._life = Lifetime("the broker in memory")
        self._up = asyncio.Event()
        self._up.set()
        self._giving_up: asyncio.TimerHandle | None = None
        self._readers: list[MemoryReader | MemoryStoredReader] = []

    @classmethod
    async def connect(
        cls, broker: MemoryBroker, name: str, settings: Settings, on_error: OnError
    ) -> MemoryTransport:
        """Raises Unreachable while the broker is stopped. `on_error` must not raise."""
        if not broker.running:
            raise Unreachable("the broker in memory is stopped: start it")
        transport = cls(broker, name, settings, on_error)
        broker.attach(transport)
        return transport

    @property
    def features(self) -> Features:
        """See `contract.Transport`."""
        return FEATURES

    @property
    def max_payload(self) -> int:
        """See `contract.Transport`."""
        return self._settings.max_payload_bytes

    async def publish(self, subject: str, payload: bytes) -> None:
        """See `contract.Transport`."""
        self._check_size(payload)
        if self._life.over or not self._up.is_set():
            await self._connected(self._settings.publish_timeout_s)
        self._broker.publish(subject, payload)

    def publish_now(self, subject: str, payload: bytes) -> bool:
        """See `contract.Transport`."""
        self._check_size(payload)
        if self._life.over or not self._up.is_set():
            return False
        self._broker.publish(subject, payload)
        return True

    async def store(self, subject: str, payload: bytes, *, message_id: str, ttl_s: float) -> None:
        """See `contract.Transport`."""
        self._check_size(payload)
        self._life.check()
        try:
            await self._connected(self._settings.store_timeout_s)
        except Unreachable as error:
            self._life.check()
            raise NotStored(f"the broker did not confirm {message_id}: {error}. Store it again") from error
        self._broker.store(subject, payload, message_id, ttl_s)

    async def flush(self) -> None:
        """See `contract.Transport`."""
        await self._connected(self._settings.publish_timeout_s)

    async def claim_slot(self, name: str) -> str:
        """See `contract.Transport`."""
        await self._connected(self._settings.publish_timeout_s)
        slot = self._broker.claim(name, self)
        self._broker.mailbox(process_inbox(name, slot).name)
        return slot

    async def read(self, mailbox: Mailbox, handler: OnDelivery) -> Reader:
        """See `contract.Transport`."""
        await self._connected(self._settings.publish_timeout_s)
        found = self._broker.mailbox(mailbox.name)
        found.check_free()
        reader = MemoryReader(found, handler, self._settings, self._on_error)
        self._readers.append(reader)
        return reader

    async def read_stored(self, mailbox: Mailbox, handler: OnStored) -> Reader:
        """See `contract.Transport`."""
        await self._connected(self._settings.publish_timeout_s)
        found = self._broker.mailbox(mailbox.name)
        reader = MemoryStoredReader(found, handler, self._settings, self._on_error)
        self._readers.append(reader)
        return reader

    def use_files(self, tls: TlsFiles) -> None:
        """See `contract.Transport`."""

    def use_addresses(self, addresses: Sequence[BrokerAddress]) -> None:
        """See `contract.Transport`."""

    async def closed(self) -> None:
        """See `contract.Transport`."""
        await self._life.wait()

    async def close(self) -> None:
        """See `contract.Transport`."""
        await asyncio.gather(*(reader.stop() for reader in self._readers))
        self._end("")

    def lost(self) -> None:
        """From the broker: an outage begins."""
        self._up.clear()
        for reader in self._readers:
            reader.lost()
        self._giving_up = asyncio.get_running_loop().call_later(
            self._settings.reconnect_limit_s, self._give_up
        )

    def back(self) -> None:
        """From the broker: the outage is over."""
        self._stop_giving_up()
        for reader in self._readers:
            reader.back()
        self._up.set()

    def _give_up(self) -> None:
        self._end(f"it did not come back within {self._settings.reconnect_limit_s:g} s")

    def _end(self, why: str) -> None:
        self._stop_giving_up()
        self._broker.detach(self)
        self._life.end(why)
        self._up.set()

    def _stop_giving_up(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    async def _connected(self, timeout_s: float) -> None:
        self._life.check()
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError as error:
            raise Unreachable(f"the broker in memory did not come back within {timeout_s:g} s") from error
        self._life.check()

    def _check_size(self, payload: bytes) -> None:
        if len(payload) > self.max_payload:
            raise TooLarge(f"{len(payload)} bytes are over the broker's limit of {self.max_payload}")


class MemoryProvisioner:
    """See `contract.Provisioner`."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker

    async def prepare(self) -> None:
        """See `contract.Provisioner`."""

    async def ensure(self, mailboxes: Sequence[Mailbox]) -> None:
        """See `contract.Provisioner`."""
        self._broker.ensure(mailboxes)

    async def change(self, _before: Mailbox, after: Mailbox, /) -> None:
        """See `contract.Provisioner`."""
        self._broker.change(after)

    async def remove(self, mailboxes: Sequence[Mailbox]) -> None:
        """See `contract.Provisioner`."""
        self._broker.remove(mailboxes)

    async def sweep(self) -> None:
        """See `contract.Provisioner`."""

    async def close(self) -> None:
        """See `contract.Provisioner`."""
