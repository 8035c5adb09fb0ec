"""A throw-away domain of broker, CA and second door, each started and killed by the measurement itself."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from overlay.domain.broker_access import managed_broker
from overlay.domain.child import Child, process_of
from overlay.domain.config import load_config
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.errors import BadSettings
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

CA = "ca"
SECOND = "admission"


class Doors:
    """What lets parties in. A domain on RabbitMQ has no second door, and needs none."""

    def __init__(self, folder: DomainFolder) -> None:
        self.folder = folder
        self.settings = load_settings(folder.settings)
        self.config = load_config(folder.config)
        self._children = {part: Child(part, folder, self.settings) for part in (CA, SECOND)}

    async def open(self, door: str) -> None:
        """Returns when it lets parties in."""
        await self._children[door].start()

    async def close(self, door: str) -> None:
        """Gently. Idempotent."""
        await self._children[door].stop()

    async def kill(self, door: str) -> None:
        """At once; then let it open again."""
        pid = process_of(self.folder, door).pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    async def party(self, name: str) -> Party:
        """A new agent of the domain, with a certificate."""
        return Home(await resident(self.folder, name, ())).load(self.settings)


@asynccontextmanager
async def doors_of_a_throwaway(name: str, kind: BrokerKind) -> AsyncIterator[Doors]:
    """Of a domain whose broker and CA are up. Processes and files are gone after the block."""
    path = _passable_folder()
    try:
        create_domain(path / name, Wish(name, kind))
        doors = Doors(DomainFolder.open(path / name))
        broker = managed_broker(doors.folder, doors.config, doors.settings)
        if broker is None:
            raise BadSettings(f"{name} has no broker of its own")
        try:
            await broker.start()
            await doors.open(CA)
            yield doors
        finally:
            for door in (SECOND, CA):
                await asyncio.shield(doors.close(door))
            await asyncio.shield(broker.stop())
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _passable_folder() -> Path:
    """RabbitMQ, when started by root, runs as another user and must get through to its own folder."""
    path = Path(tempfile.mkdtemp(prefix="overlay-"))
    path.chmod(0o711)
    return path
