"""One RabbitMQ for the whole run of the tests, with a CA of its own: started when the first test wants it.

As root it runs as `nobody`, who may not enter pytest's own temporary folders: so it has one of its own.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from cryptography.hazmat.primitives import serialization

from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_users import RabbitUsers
from overlay.brokers.rabbitmq_config import PROVISIONER
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.identity import BROKER, Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keys import SigningKey

DOMAIN = "rabbit.example"
DAY_S = 86400.0


def passable_folder() -> Path:
    """A temporary folder through which `nobody` may pass; remove it."""
    folder = Path(tempfile.mkdtemp(prefix="overlay-rabbitmq-"))
    folder.chmod(0o711)
    return folder


class CertificateFolder:
    """A domain's CA that writes what it issues to files."""

    def __init__(self, folder: Path, domain: str = DOMAIN) -> None:
        root, key = new_root(domain, DAY_S, time.time())
        self._issuer = Issuer(root, key)
        self._folder = folder
        self._ca = folder / "root.pem"
        self._ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, role: Role = Role.AGENT, peer: str = "") -> TlsFiles:
        """A certificate and its key. Each call makes another."""
        key = SigningKey.generate()
        party = PartyId(name, self._issuer.domain)
        hosts = ("localhost", "127.0.0.1") if role is Role.BROKER else ()
        certificate = self._issuer.issue(key.public, party, role, DAY_S, time.time(), peer=peer, hosts=hosts)
        stem = f"{name}-{certificate.serial_number:x}"
        files = TlsFiles(self._ca, self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(key.to_pem())
        return files


class LiveRabbit:
    """A running node with its CA, and `users`, who lets parties in."""

    domain = DOMAIN

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.certificates = CertificateFolder(folder)
        self.node = RabbitNode(folder / "node", self.certificates.issue(BROKER, Role.BROKER), settings)
        self.management = RabbitManagement(self.node.management, settings)
        self.users = RabbitUsers(self.management, self.domain, settings)

    async def admitted(self, name: str, role: Role = Role.AGENT, peer: str = "") -> TlsFiles:
        """The files of a party that may come in."""
        await self.users.admit(name, role, peer)
        return self.certificates.issue(name, role, peer)

    def provisioner(self) -> TlsFiles:
        """The files of the one who makes queues; the node knows it from the start."""
        return self.certificates.issue(PROVISIONER, Role.SERVICE)


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
