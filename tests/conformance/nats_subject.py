"""A real nats-server under test, with the domain's admission in front of it."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from overlay.admission.doorkeeper import Doorkeeper
from overlay.admission.nats_callout import NatsCallout
from overlay.brokers.nats_server import NatsServer
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import OnError, Provisioner, Transport
from overlay.transport.nats import NatsTransport
from overlay.transport.nats_provisioner import NatsProvisioner
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Role
from tests.brokers.certificates import Ca
from tests.conformance.bench import SETTINGS


class NatsSubject:
    """See `subject.Subject`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._folder_path = folder = Path(self._folder.name)
        self._ca = Ca(folder / "ca")
        self._server = NatsServer(folder / "nats", self._ca.issue("broker", Role.BROKER), SETTINGS)
        self._hand = self._ca.issue("callout", Role.SERVICE)
        self._doors = NatsCallout(
            self._server.address,
            self._hand,
            self._server.secrets,
            Doorkeeper(TrustStore(self._ca.bundle)),
            SETTINGS,
            on_error=_ignored,
        )

    async def start(self) -> None:
        await self._server.start()
        await self._doors.start()

    async def stop(self) -> None:
        await self._doors.stop()
        await self._server.stop()
        await asyncio.to_thread(self._folder.cleanup)

    @property
    def address(self) -> BrokerAddress:
        """Where it listens."""
        return self._server.address

    @property
    def pid(self) -> int:
        """Its process."""
        return int((self._folder_path / "nats" / "pid").read_text().split()[0])

    def files(self, party: str) -> TlsFiles:
        """A certificate of `party`."""
        return self._ca.issue(party)

    async def connect(self, party: str, settings: Settings, on_error: OnError) -> Transport:
        return await NatsTransport.connect(self.address, self.files(party), party, settings, on_error)

    async def provisioner(self) -> Provisioner:
        return await self.provisioner_with(SETTINGS)

    async def provisioner_with(self, settings: Settings) -> Provisioner:
        """A provisioner of other settings."""
        password = self._server.secrets.provisioner_password
        return await NatsProvisioner.connect(self.address, self._hand, password, settings, _ignored)

    async def halt(self) -> None:
        await self._server.stop()

    async def resume(self) -> None:
        await self._server.start()

    async def apart(self) -> NatsSubject:
        other = NatsSubject()
        await other.start()
        return other

    async def done_apart(self, other: object) -> None:
        if isinstance(other, NatsSubject):
            await other.stop()

    async def pass_time(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _ignored(where: str, error: Exception) -> None:
    """The doors complain while the broker is halted, which is what the tests do to them."""
