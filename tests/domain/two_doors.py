"""A domain on NATS whose CA and second door are killed and started by a test, and by nobody else."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.ca.protocol import Reason
from overlay.domain.broker_access import managed_broker
from overlay.domain.child import Child, process_of
from overlay.domain.config import load_config
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.part import make_part
from overlay.domain.residents import resident
from overlay.endpoint.dial import dial
from overlay.endpoint.home import Home
from overlay.endpoint.logged import log_error
from overlay.errors import Unreachable
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind
from overlay.transport.contract import Transport
from tests.live_domain import LIMIT_S, fresh, passable_folder

_SETTINGS = "ca_tell_s = 0.1\nreconnect_limit_s = 0\n"
"""There is no registry to tell; and who is put out stays out, until it is asked to come again."""


class TwoDoors:
    """Broker, CA and second door: `ca`, `admission`."""

    def __init__(self, folder: DomainFolder) -> None:
        self.folder = folder
        self.settings = load_settings(folder.settings)
        self._children = {part: Child(part, folder, self.settings) for part in ("ca", "admission")}
        self._places = dict.fromkeys(self._children, folder)

    def add_elsewhere(self) -> None:
        """One more door, `elsewhere`, in a folder of its own: it does not see the CA's database."""
        place = self.folder.path.parent / "elsewhere"
        make_part(self.folder, "admission", place)
        self._places["elsewhere"] = DomainFolder.open(place)
        self._children["elsewhere"] = Child("admission", self._places["elsewhere"], self.settings)

    async def open(self, door: str) -> None:
        """Start it; returns when it serves."""
        await self._children[door].start()

    async def kill(self, door: str) -> None:
        """By SIGKILL; returns when it is gone."""
        process = process_of(self._places[door], "ca" if door == "ca" else "admission")
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        async with asyncio.timeout(LIMIT_S):
            while process.running():
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """All of it."""
        for child in self._children.values():
            await child.stop()

    async def agent(self) -> str:
        """The name of a new agent, with a certificate. Needs the CA."""
        name = fresh("agent")
        await resident(self.folder, name, ())
        return name

    async def comes_in(self, name: str) -> Transport:
        """Its connection, tried again: the server may have asked a door that was just killed."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    return await self.tries(name)
                except Unreachable:
                    continue

    async def tries(self, name: str) -> Transport:
        """The same, once. Raises Unreachable when no door lets it in."""
        party = Home(self.folder.agent(name)).load(self.settings)
        return await dial(party, log_error)

    async def revoke(self, name: str) -> None:
        """As the operator; tried again as well."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    async with operator(self.folder) as hand:
                        await hand.ca.revoke(Reason.WITHDRAWN, name=name)
                        return
                except Unreachable:
                    continue


@asynccontextmanager
async def two_doors() -> AsyncIterator[TwoDoors]:
    """A domain with both open."""
    path = passable_folder()
    create_domain(path / "d", Wish("doors.example", BrokerKind.NATS))
    folder = DomainFolder.open(path / "d")
    folder.settings.write_text(_SETTINGS)
    doors = TwoDoors(folder)
    broker = managed_broker(folder, load_config(folder.config), doors.settings)
    assert broker is not None
    try:
        await broker.start()
        await doors.open("ca")
        await doors.open("admission")
        yield doors
    finally:
        await doors.close()
        await broker.stop()
        await asyncio.to_thread(shutil.rmtree, path)
