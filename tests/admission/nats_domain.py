"""A domain on a live nats-server for tests: CA, doorkeepers, stored mailboxes, and raw clients."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from overlay.admission.doorkeeper import Doorkeeper
from overlay.admission.nats_callout import NatsCallout
from overlay.brokers.nats_server import NatsServer
from overlay.naming.ids import PROVISIONER
from overlay.naming.mailboxes import agent_inbox, consumer_name
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.transport.nats_stream import STREAM
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Role
from tests.admission.raw_client import LIMIT_S, RawClient
from tests.brokers.certificates import Ca

_numbers = itertools.count(1)


def fresh(what: str = "agent") -> str:
    """A name that no other test uses."""
    return f"{what}-{next(_numbers)}"


class NatsDomain:
    """Everything that a domain on NATS has, below its services."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(connect_timeout_s=LIMIT_S, reconnect_wait_s=0.05)
        self.ca = Ca(folder / "ca")
        self.trust = TrustStore(self.ca.bundle)
        self.server = NatsServer(folder / "nats", self.ca.issue("broker", Role.BROKER), self.settings)
        self.errors: list[tuple[str, Exception]] = []
        self._hands = self.ca.issue("callout", Role.SERVICE)
        self._open: list[RawClient] = []
        self.callout = self.new_callout()
        self.provisioner = RawClient("provisioner")

    def new_callout(self, settings: Settings | None = None) -> NatsCallout:
        """One more doorkeeper, not started."""
        address, secrets, keeper = self.server.address, self.server.secrets, Doorkeeper(self.trust)
        chosen = settings or self.settings
        return NatsCallout(address, self._hands, secrets, keeper, chosen, on_error=self._failed)

    async def start(self) -> None:
        """Server, doorkeeper, and the stream."""
        await self.server.start()
        await self.callout.start()
        await self.log_in_provisioner()
        await self.js.add_stream(StreamConfig(name=STREAM, subjects=["ov.rel.*.agent.>", "ov.rel.*.out.>"]))

    async def log_in_provisioner(self) -> None:
        """Again after each restart: raw clients do not come back."""
        password = self.server.secrets.provisioner_password
        self.provisioner = await self.login(self._hands, PROVISIONER, user=PROVISIONER, password=password)
        self.js = self.provisioner.client.jetstream(timeout=LIMIT_S)

    async def stop(self) -> None:
        """All of it."""
        for raw in self._open:
            await raw.client.close()
        await self.callout.stop()
        await self.server.stop()

    async def party(self, name: str, role: Role = Role.AGENT, peer: str = "") -> RawClient:
        """A party with a good certificate, logged in; an agent's stored mailbox is made before."""
        if role is Role.AGENT:
            inbox = agent_inbox(name)
            wanted = ConsumerConfig(
                durable_name=consumer_name(inbox),
                filter_subject=inbox.stored[0],
                ack_policy=AckPolicy.EXPLICIT,
            )
            await self.js.add_consumer(STREAM, wanted)
        return await self.login(self.ca.issue(name, role, peer=peer), name)

    async def login(self, files: TlsFiles, name: str, user: str = "", password: str = "") -> RawClient:
        """Raises what `RawClient.login` raises."""
        raw = RawClient(name)
        await raw.login(self.server.address.port, files, user, password)
        self._open.append(raw)
        return raw

    async def is_refused(self, files: TlsFiles, name: str) -> bool:
        """Whether the server turns this party away."""
        try:
            await self.login(files, name)
        except (OSError, NatsError):
            return True
        return False

    def _failed(self, where: str, error: Exception) -> None:
        self.errors.append((where, error))


@contextlib.asynccontextmanager
async def nats_domain(folder: Path) -> AsyncIterator[NatsDomain]:
    """A running domain."""
    domain = NatsDomain(folder)
    try:
        await domain.start()
        yield domain
    finally:
        await domain.stop()
