"""Where a domain's registry keeps its state: a file in its folder, or a bucket of a NATS server.

A composition root: here, and nowhere else in this room, stores have names.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from overlay.brokers.nats_config import REGISTRY_USER
from overlay.brokers.nats_secrets import load_or_make_secrets
from overlay.clock import system_clock
from overlay.domain.config import DomainConfig, load_config
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import BadSettings
from overlay.naming.ids import REGISTRY
from overlay.private_files import check_private, read_private, write_private
from overlay.registry.storage.contract import Store
from overlay.registry.storage.nats_bucket import BucketAccess
from overlay.registry.storage.nats_keys import JetStreamStore
from overlay.registry.storage.sqlite_keys import SqliteStore
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.nats_hand import NatsLogin

IN_A_FILE = "sqlite"


@dataclass(frozen=True, slots=True)
class BucketSecret:
    """What lets a registry in where its bucket lies: `user` and `password`."""

    user: str
    password: str = field(repr=False)

    def to_bytes(self) -> bytes:
        """For a file."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"


def registry_store(folder: DomainFolder, settings: Settings, part: str) -> Store:
    """The store for the process `part` of the registry, not open yet. Raises BadSettings."""
    config = load_config(folder.config)
    check_registry(config, settings)
    if settings.registry_store == IN_A_FILE:
        return SqliteStore(folder.registry_store, system_clock, settings.registry_audit_buffer)
    replica = _name_elsewhere(folder) if config.part else part
    return JetStreamStore(bucket_access(folder, settings), replica, settings, system_clock)


def check_registry(config: DomainConfig, settings: Settings) -> None:
    """Raises BadSettings when that store cannot be, or cannot serve so many processes."""
    several = settings.registry_replicas > 1 or settings.gateway_processes > 1
    if settings.registry_in_gateway and (several or config.part):
        raise BadSettings(
            "registry_in_gateway is for a domain in one folder, with one registry and one gateway: leave it "
            "out, for registry_replicas, for gateway_processes, or for a part by itself"
        )
    if settings.registry_store == IN_A_FILE:
        if settings.registry_replicas > 1:
            raise BadSettings(
                f"registry_replicas is {settings.registry_replicas}, but a file is for one process: set "
                'registry_store = "jetstream" for several'
            )
    elif config.broker is not BrokerKind.NATS and not settings.registry_store_url:
        raise BadSettings(
            f"a domain on {config.broker} has no NATS server of its own for the registry's bucket: name one "
            "with registry_store_url, registry_store_ca and registry_store_credentials"
        )


def bucket_access(folder: DomainFolder, settings: Settings) -> BucketAccess:
    """How the registry gets to its bucket. Raises BadSettings."""
    home = Home(folder.service(REGISTRY))
    authority, pair = settings.registry_store_ca, settings.registry_store_certificate

    def tls() -> TlsFiles:
        own = home.tls  # of now: the certificate may have been renewed
        ca = folder.path / authority if authority else own.ca
        return TlsFiles(ca, folder.path / pair, folder.path / pair) if pair else replace(own, ca=ca)

    if settings.registry_store_url:
        address = BrokerAddress.parse(settings.registry_store_url)
        if address.kind is not BrokerKind.NATS:
            raise BadSettings(f"{address} is no NATS server: registry_store_url is tls://host:port")
        login = _login(folder, settings)
    else:
        address = load_config(folder.config).address
        login = NatsLogin(REGISTRY_USER, bucket_secret(folder).password)
    return BucketAccess(address, lambda: client_tls(tls()), login)


def bucket_secret(folder: DomainFolder) -> BucketSecret:
    """Of the registry at the domain's own nats-server. Raises BadSettings."""
    if folder.registry_secrets.exists():
        return _read(folder.registry_secrets)
    return BucketSecret(REGISTRY_USER, load_or_make_secrets(folder.secrets).registry_password)


def _login(folder: DomainFolder, settings: Settings) -> NatsLogin:
    if settings.registry_store_credentials is None:
        raise BadSettings(
            f"{settings.registry_store_url} lets nobody in without proof: name a file with "
            "registry_store_credentials"
        )
    file = folder.path / settings.registry_store_credentials
    if file.suffix == ".creds":
        check_private(file)
        return NatsLogin(REGISTRY_USER, credentials=file)
    secret = _read(file)
    return NatsLogin(secret.user, secret.password)


def _read(file: Path) -> BucketSecret:
    try:
        return msgspec.json.decode(read_private(file), type=BucketSecret)
    except msgspec.MsgspecError as error:
        raise BadSettings(f'{file} is damaged: it says {{"user": …, "password": …}} ({error})') from error


def _name_elsewhere(folder: DomainFolder) -> str:
    """Of a process on another machine: no other one has it."""
    file = folder.run / "replica"
    if not file.exists():
        write_private(file, f"{REGISTRY}-{secrets.token_hex(4)}".encode())
    return read_private(file).decode()
