"""A real RabbitMQ under test, with the domain's admission in front of it.

The node is the one of the whole run. An outage is a relay that is cut, which costs no restart; what a restart
keeps, tests/transport shows.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.contract import OnError, Provisioner, Transport
from overlay.transport.rabbitmq import RabbitTransport
from overlay.transport.rabbitmq_provisioner import RabbitProvisioner
from tests.conformance.bench import SETTINGS
from tests.rabbitmq_live import LiveRabbit
from tests.tcp_relay import TcpRelay


class RabbitSubject:
    """See `subject.Subject`."""

    def __init__(self, live: LiveRabbit) -> None:
        self._live = live
        self._relay = TcpRelay(live.node.address.port)
        self._provisioner = live.provisioner()
        self._parties: dict[str, TlsFiles] = {}

    @property
    def address(self) -> BrokerAddress:
        """Of the relay."""
        return replace(self._live.node.address, port=self._relay.port)

    async def start(self) -> None:
        await self._relay.start()

    async def stop(self) -> None:
        await self._relay.cut()

    async def connect(self, party: str, settings: Settings, on_error: OnError) -> Transport:
        if party not in self._parties:
            self._parties[party] = await self._live.admitted(party)
        return await RabbitTransport.connect(self.address, self._parties[party], party, settings, on_error)

    async def provisioner(self) -> Provisioner:
        return await RabbitProvisioner.connect(self.address, self._provisioner, SETTINGS)

    async def halt(self) -> None:
        await self._relay.cut()

    async def resume(self) -> None:
        await self._relay.start()

    async def apart(self) -> RabbitSubject:
        other = RabbitSubject(self._live)
        await other.start()
        return other

    async def done_apart(self, other: object) -> None:
        if isinstance(other, RabbitSubject):
            await other.stop()

    async def pass_time(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
