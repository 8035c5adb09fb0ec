"""A NATS server of somebody else, where a domain on RabbitMQ keeps its registry's bucket."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from overlay.brokers.nats_config import REGISTRY_USER
from overlay.brokers.nats_server import NatsServer
from overlay.domain.folder import DomainFolder
from overlay.private_files import write_private
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.identity import Role
from tests.brokers.certificates import Ca


@dataclass(frozen=True)
class BucketPlace:
    """The server, and what a registry proves itself with there."""

    server: NatsServer
    tls: TlsFiles

    def give_to(self, folder: DomainFolder, *, replicas: int) -> None:
        """Of the files as an operator would place them: in the domain's folder."""
        secret = {"user": REGISTRY_USER, "password": self.server.secrets.registry_password}
        write_private(folder.path / "bucket.json", json.dumps(secret).encode())
        write_private(
            folder.path / "bucket.pem", self.tls.certificate.read_bytes() + self.tls.key.read_bytes()
        )
        registry_settings(
            folder,
            replicas=replicas,
            url=str(self.server.address),
            ca=str(self.tls.ca),
            credentials="bucket.json",
            certificate="bucket.pem",
        )


@asynccontextmanager
async def bucket_server() -> AsyncIterator[BucketPlace]:
    """With a CA of its own, that no domain knows."""
    path = Path(tempfile.mkdtemp(prefix="overlay-buckets-"))
    ca = Ca(path / "ca", "buckets.example")
    server = NatsServer(path / "nats", ca.issue("broker", Role.BROKER), Settings())
    try:
        await server.start()
        yield BucketPlace(server, ca.issue("registry", Role.SERVICE))
    finally:
        await server.stop()
        shutil.rmtree(path)


def registry_settings(folder: DomainFolder, *, replicas: int, **store: str) -> None:
    """A registry of several processes on a bucket, in the domain's settings."""
    with folder.settings.open("a") as file:
        file.write(f'registry_store = "jetstream"\nregistry_replicas = {replicas}\n')
        for name, value in store.items():
            file.write(f"registry_store_{name} = {json.dumps(value)}\n")
