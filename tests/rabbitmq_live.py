"""One RabbitMQ for the whole run of the tests, with a CA of its own: started when the first test wants it.

As root it runs as `nobody`, who may not enter pytest's own temporary folders: so it has one of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_users import RabbitUsers
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.naming.ids import PROVISIONER
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.identity import BROKER, Role
from tests.brokers.certificates import Ca

DOMAIN = "rabbit.example"


def passable_folder() -> Path:
    """A temporary folder through which `nobody` may pass; remove it."""
    folder = Path(tempfile.mkdtemp(prefix="overlay-rabbitmq-"))
    folder.chmod(0o711)
    return folder


class LiveRabbit:
    """A running node with its CA, and `users`, who lets parties in."""

    domain = DOMAIN

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.ca = Ca(folder / "ca", DOMAIN)
        self.node = RabbitNode(folder / "node", self.ca.issue(BROKER, Role.BROKER), settings)
        self.management = RabbitManagement(self.node.management, settings)
        revocations = self.node.revocations(self.ca.root, self.ca.root_key)
        self.users = RabbitUsers(self.management, self.domain, settings, revocations.deny)

    async def admitted(self, name: str, role: Role = Role.AGENT, peer: str = "") -> TlsFiles:
        """The files of a party that may come in."""
        await self.users.admit(name, role, peer)
        return self.ca.issue(name, role, peer=peer)

    def provisioner(self) -> TlsFiles:
        """The files of the one who makes queues; the node knows it from the start."""
        return self.ca.issue(PROVISIONER, Role.SERVICE)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def rabbitmq() -> AsyncIterator[LiveRabbit]:
    """The node of this run. Restart it only where a test must, and wait until it answers again."""
    folder = passable_folder()
    live = LiveRabbit(folder, Settings())
    try:
        await live.node.start()
        await live.users.start()
        yield live
    finally:
        await live.users.stop()
        await live.node.stop()
        await asyncio.to_thread(shutil.rmtree, folder)
