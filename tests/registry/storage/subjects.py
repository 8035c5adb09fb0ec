"""The stores under test: in memory, in a file, in a bucket of a nats-server that is reached over TLS."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

from overlay.brokers.nats_config import REGISTRY_USER
from overlay.brokers.nats_server import NatsServer
from overlay.clock import system_clock
from overlay.errors import Refused
from overlay.registry.storage import memory
from overlay.registry.storage.nats_bucket import BucketAccess
from overlay.registry.storage.nats_keys import JetStreamStore
from overlay.registry.storage.nats_snapshot import read_bucket, write_bucket
from overlay.registry.storage.snapshot import Snapshot
from overlay.registry.storage.sqlite_keys import SqliteStore
from overlay.registry.storage.sqlite_snapshot import read_store_file, write_store_file
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind
from overlay.transport.client_tls import client_tls
from overlay.transport.nats_hand import NatsLogin
from overlay.trust.identity import Role
from tests.brokers.certificates import Ca
from tests.registry.storage.subject import LIMIT_S, Features, Handle, Handles
from tests.tcp_relay import TcpRelay

BUFFER = 100
_numbers = itertools.count(1)


class MemoryHistory(Handles):
    """The reference."""

    features = Features(survives_restart=False)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.history = memory.History()

    async def handle(self, replica: str = "registry") -> Handle:
        """See `History`."""
        return await self.keep(self.history.store(BUFFER), replica)

    async def snapshot(self) -> Snapshot:
        """See `History`. Notes are not chained in memory."""
        return Snapshot(self.history.log, self.history.revision, list(self.history.entries.values()))

    async def restore(self, snapshot: Snapshot) -> None:
        """See `History`: what is in memory is gone with its process."""
        raise NotImplementedError(snapshot)

    async def outage(self) -> None:
        """See `History`."""
        raise NotImplementedError

    async def cut(self) -> None:
        """See `History`."""
        raise NotImplementedError

    async def mend(self) -> None:
        """See `History`."""
        raise NotImplementedError


class SqliteHistory(Handles):
    """A file."""

    features = Features(several_handles=False)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "registry.db"

    async def handle(self, replica: str = "registry") -> Handle:
        """See `History`."""
        return await self.keep(SqliteStore(self.path, system_clock, BUFFER), replica)

    async def snapshot(self) -> Snapshot:
        """See `History`."""
        return read_store_file(self.path)

    async def restore(self, snapshot: Snapshot) -> None:
        """See `History`."""
        for file in self.folder.glob("registry.db*"):
            file.unlink()
        write_store_file(self.path, snapshot)

    async def outage(self) -> None:
        """See `History`: the process of the handles ends."""
        await self.close()

    async def cut(self) -> None:
        """See `History`."""
        raise NotImplementedError

    async def mend(self) -> None:
        """See `History`."""
        raise NotImplementedError


class BucketServer:
    """A nats-server that many tests share, behind a relay that they cut."""

    def __init__(self, folder: Path) -> None:
        self._ca = Ca(folder / "ca")
        self.settings = Settings(connect_timeout_s=LIMIT_S, reconnect_wait_s=0.02)
        self.server = NatsServer(folder / "nats", self._ca.issue("broker", Role.BROKER), self.settings)
        self.tls = self._ca.issue("registry", Role.SERVICE)
        self.relay: TcpRelay | None = None

    async def start(self) -> None:
        """Returns when it answers."""
        await self.server.start()
        self.relay = TcpRelay(self.server.address.port)
        await self.relay.start()

    async def stop(self) -> None:
        """For good."""
        if self.relay is not None:
            await self.relay.cut()
        await self.server.stop()

    def access(self, *, relayed: bool = False) -> BucketAccess:
        """`relayed`: through what tests cut."""
        address = self.server.address
        if relayed and self.relay is not None:
            address = BrokerAddress(BrokerKind.NATS, "localhost", self.relay.port)
        login = NatsLogin(REGISTRY_USER, self.server.secrets.registry_password)
        return BucketAccess(address, lambda: client_tls(self.tls), login)


class BucketHistory(Handles):
    """A bucket."""

    features = Features(loses_connections=True)

    def __init__(self, folder: Path, server: BucketServer) -> None:
        super().__init__(folder)
        self.server = server
        self.settings = Settings(
            connect_timeout_s=LIMIT_S,
            reconnect_wait_s=0.02,
            registry_store_bucket=f"bucket-{next(_numbers)}",
            registry_store_max_bytes=16 * 1024 * 1024,
            registry_store_timeout_s=LIMIT_S,
            registry_store_settle_s=LIMIT_S,
            registry_audit_buffer=BUFFER,
        )

    async def handle(self, replica: str = "registry") -> Handle:
        """See `History`."""
        store = JetStreamStore(self.server.access(relayed=True), replica, self.settings, system_clock)
        return await self.keep(store, replica)

    async def snapshot(self) -> Snapshot:
        """See `History`."""
        return await read_bucket(self.server.access(), self.settings)

    async def restore(self, snapshot: Snapshot) -> None:
        """See `History`. The server sees within moments that a connection was lost."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    await write_bucket(self.server.access(), self.settings, snapshot)
                except Refused:
                    await asyncio.sleep(0.02)
                else:
                    return

    async def outage(self) -> None:
        """See `History`."""
        await self.server.server.stop()
        await self.server.server.start()

    async def cut(self) -> None:
        """See `History`."""
        assert self.server.relay is not None
        await self.server.relay.cut()

    async def mend(self) -> None:
        """See `History`."""
        assert self.server.relay is not None
        await self.server.relay.start()
