"""Making a domain: everything in a draft folder beside the wanted one, which takes its place in one step."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from overlay.brokers.account import Account
from overlay.ca.authority import Authority
from overlay.ca.store import CaStore
from overlay.clock import DAY_S, system_clock
from overlay.domain.broker_access import new_address
from overlay.domain.config import DomainConfig, config_text, management_address
from overlay.domain.folder import DomainFolder
from overlay.endpoint.domain_card import DomainCard, service_card
from overlay.endpoint.home import Home
from overlay.errors import BadSettings
from overlay.naming.ids import ADMISSION, CA, GATEWAY, OPERATOR, PROVISIONER, REGISTRY, SERVICES, check_domain
from overlay.private_files import private_folder, write_private
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerAddress, BrokerKind
from overlay.trust.credentials import Credentials
from overlay.trust.identity import BROKER, Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keys import SealingKey, SigningKey

_PEM = serialization.Encoding.PEM
_SETTINGS_TEXT = (
    b"# Limits and times of this domain's services, one `name = value` a line. docs/settings.md lists them;\n"
    b"# the environment (OVERLAY_NAME=value) goes before this file. Restart the domain after a change.\n"
)
_EVERYWHERE = {CA: Role.SERVICE, REGISTRY: Role.SERVICE, GATEWAY: Role.GATEWAY, OPERATOR: Role.OPERATOR}


def parties_of(kind: BrokerKind) -> dict[str, Role]:
    """The domain's own that the CA lets in to a broker of this kind, by name."""
    return _EVERYWHERE | {ADMISSION: Role.SERVICE} if kind is BrokerKind.NATS else dict(_EVERYWHERE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks for. Port 0: any free one. A `broker_url` is an existing broker's."""

    domain: str
    broker: BrokerKind
    hosts: tuple[str, ...] = ("localhost",)
    port: int = 0
    broker_url: str = ""
    management: str = ""
    registry_replicas: int = 1
    """More than one share a bucket of the domain's nats-server."""


def create_domain(path: Path, wish: Wish) -> DomainConfig:
    """Make the folder `path`. Raises BadSettings, and then nothing is there."""
    _check(path, wish)
    path = path.expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise BadSettings(f"{path} cannot be made: {error.strerror}") from error
    try:
        config = _Founding(DomainFolder(draft), wish).found()
        draft.rename(path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return config


def _check(path: Path, wish: Wish) -> None:
    check_domain(wish.domain)
    if path.exists():
        raise BadSettings(f"{path} is there already: name a folder that is not, or remove it first")
    if not wish.hosts or not all(wish.hosts):
        raise BadSettings("a host is empty: name this machine as others reach it, such as localhost")
    if wish.broker_url and BrokerAddress.parse(wish.broker_url).kind is not wish.broker:
        raise BadSettings(
            f"{wish.broker_url} is not the address of a {wish.broker} broker: choose with --broker"
        )
    external_rabbit = bool(wish.broker_url) and wish.broker is BrokerKind.RABBITMQ
    if external_rabbit != bool(wish.management):
        raise BadSettings("--management goes with --broker-url of a RabbitMQ: https://host:port")
    if wish.management:
        management_address(wish.management)
    if wish.registry_replicas > 1 and wish.broker is not BrokerKind.NATS:
        raise BadSettings(
            f"a domain on {wish.broker} has no NATS server for a registry of several processes: make it "
            "without --registry-replicas, then see docs/registry-stores.md"
        )


def _registry_text(replicas: int) -> bytes:
    if replicas == 1:
        return b""
    return f'registry_store = "jetstream"\nregistry_replicas = {replicas}\n'.encode()


class _Founding:
    """One domain in the making."""

    def __init__(self, folder: DomainFolder, wish: Wish) -> None:
        self._folder = folder
        self._wish = wish
        self._settings: Settings = load_settings()
        self._now = system_clock()
        lifetime_s = self._settings.root_certificate_days * DAY_S
        self._root, self._key = new_root(wish.domain, lifetime_s, self._now)

    def found(self) -> DomainConfig:
        wish = self._wish
        if wish.broker is BrokerKind.RABBITMQ and not wish.broker_url:
            Account.for_servers().outer_folder(self._folder.path)
        write_private(self._folder.registry_store, b"")  # SQLite would make it readable for everybody
        for inner in ("ca", "services", "agents", "links", "run"):
            private_folder(self._folder.path / inner)
        write_private(self._folder.root_certificate, self._root.public_bytes(_PEM))
        write_private(self._folder.root_key, self._key.to_pem())
        config = self._config()
        write_private(self._folder.config, config_text(config).encode())
        write_private(self._folder.settings, _SETTINGS_TEXT + _registry_text(wish.registry_replicas))
        store = CaStore(self._folder.ca_store, system_clock, self._settings.audit_buffer)
        try:
            authority = Authority(Issuer(self._root, self._key), store, self._settings, system_clock)
            self._broker_certificate(authority)
            self._parties(authority, config)
        finally:
            store.close()
        return config

    def _config(self) -> DomainConfig:
        wish = self._wish
        managed = not wish.broker_url
        url = str(new_address(self._folder, wish.broker, self._settings, wish.hosts[0], wish.port))
        return DomainConfig(
            domain=wish.domain,
            broker=wish.broker,
            url=url if managed else wish.broker_url,
            managed=managed,
            management=wish.management,
        )

    def _broker_certificate(self, authority: Authority) -> None:
        key = SigningKey.generate()
        hosts = tuple(dict.fromkeys((*self._wish.hosts, "localhost", "127.0.0.1", "::1")))
        if self._wish.broker_url:
            hosts = (*hosts, BrokerAddress.parse(self._wish.broker_url).host)
        if self._wish.management:
            hosts = (*hosts, management_address(self._wish.management)[0])
        issued = authority.issue_for_domain(key.public, BROKER, Role.BROKER, tuple(dict.fromkeys(hosts)))
        write_private(self._folder.broker_tls.certificate, issued.parsed.public_bytes(_PEM))
        write_private(self._folder.broker_tls.key, key.to_pem())

    def _parties(self, authority: Authority, config: DomainConfig) -> None:
        names = parties_of(config.broker)
        if config.broker is BrokerKind.RABBITMQ:
            names[PROVISIONER] = Role.SERVICE
        credentials = {name: self._credentials(authority, name, role) for name, role in names.items()}
        card = DomainCard(
            domain=config.domain,
            roots=(self._folder.root_certificate.read_bytes(),),
            brokers=(config.url,),
            services={name: service_card(credentials[name], self._settings, self._now) for name in SERVICES},
        )
        for name, own in credentials.items():
            Home(self._folder.service(name)).save(own, card)

    def _credentials(self, authority: Authority, name: str, role: Role) -> Credentials:
        key = SigningKey.generate()
        issued = authority.issue_for_domain(key.public, name, role)
        return Credentials(issued.parsed, key, (SealingKey.generate(),), (self._root,))
