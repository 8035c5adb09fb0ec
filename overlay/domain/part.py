"""One service of a domain in a folder of its own, for a machine or container of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from overlay.brokers.nats_secrets import load_or_make_secrets
from overlay.brokers.rabbitmq_config import REVOKED
from overlay.domain.config import DomainConfig, config_text, load_config
from overlay.domain.create import parties_of
from overlay.domain.folder import DomainFolder
from overlay.domain.new_folder import new_folder
from overlay.domain.registry_store import IN_A_FILE, bucket_secret, check_registry
from overlay.endpoint.home import Home
from overlay.errors import BadInput, BadSettings
from overlay.naming.ids import ADMISSION, CA, GATEWAY, OPERATOR, PROVISIONER, REGISTRY, SESSIONS
from overlay.private_files import private_folder, read_private, write_private
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind


def make_part(folder: DomainFolder, part: str, output: Path) -> None:
    """Make the folder `output`, a `DomainFolder` with that part alone. What it learns is kept there from
    then on, so one folder is made of each. Raises BadInput, BadSettings; then nothing is there.
    """
    fill = _PARTS.get(part)
    if fill is None:
        raise BadInput(f"{part!r} is no part of a domain: {', '.join(_PARTS)}")
    config = load_config(folder.config)
    if config.managed and part == CA:
        raise BadSettings(
            f"the CA of {config.domain} runs where `overlay up` runs the broker: only a domain that was made "
            "with `overlay init --broker-url` has a CA elsewhere"
        )
    with new_folder(output) as draft:
        target = DomainFolder(draft)
        alone = config.model_copy(update={"managed": False, "part": part})
        write_private(target.config, config_text(alone).encode())
        _copy(folder.settings, target.settings)
        private_folder(target.run)
        fill(folder, target, config)


def _ca(source: DomainFolder, target: DomainFolder, config: DomainConfig) -> None:
    private_folder(target.root_key.parent)
    _copy(source.root_certificate, target.root_certificate)
    for key in sorted(source.root_key.parent.glob("*.key")):  # two while a root rolls over
        _copy(key, target.root_key.parent / key.name)
    if source.broker_tls.certificate.exists():
        private_folder(target.broker)
        _copy(source.broker_tls.certificate, target.broker_tls.certificate)  # which the CA renews
    if source.policy.exists():  # nothing secret: it may be readable by others
        write_private(target.policy, source.policy.read_bytes())
    _copy_database(source.ca_store, target.ca_store)
    _home(source, target, CA)
    for name in parties_of(config.broker):
        if name != CA:
            private_folder(target.service(name))
            _copy(Home(source.service(name)).certificate, Home(target.service(name)).certificate)
    private_folder(target.broker)
    if config.broker is BrokerKind.RABBITMQ:
        _home(source, target, PROVISIONER)
        _copy(source.broker / "node.json", target.broker / "node.json")
        _copy_folder(source.broker / REVOKED, target.broker / REVOKED)
    else:
        _copy(source.secrets, target.secrets)


def _registry(source: DomainFolder, target: DomainFolder, config: DomainConfig) -> None:
    """On a file the registry moves there; on a bucket it is one more that answers."""
    settings = load_settings(source.settings)
    check_registry(config, settings)
    if settings.registry_store == IN_A_FILE:
        _home(source, target, REGISTRY)
        _copy_database(source.registry_store, target.registry_store)
        return
    _home(source, target, REGISTRY, state=False)
    if not settings.registry_store_url:
        private_folder(target.broker)
        write_private(target.registry_secrets, bucket_secret(source).to_bytes())
    own = (settings.registry_store_certificate, settings.registry_store_credentials)
    for file in (settings.registry_store_ca, *own):
        if file is not None and not file.is_absolute():
            private_folder((target.path / file).parent)
            write_private(target.path / file, (source.path / file).read_bytes())


def _gateway(source: DomainFolder, target: DomainFolder, _: DomainConfig) -> None:
    _home(source, target, GATEWAY)
    _links(source, target)


def _operator(source: DomainFolder, target: DomainFolder, _: DomainConfig) -> None:
    _home(source, target, OPERATOR)
    _home(source, target, GATEWAY, state=False)  # peering files are signed by the gateway
    _links(source, target)


def _admission(source: DomainFolder, target: DomainFolder, config: DomainConfig) -> None:
    if config.broker is not BrokerKind.NATS:
        raise BadInput(f"{config.broker} lets parties in by itself: a domain on it has no part admission")
    _home(source, target, ADMISSION, state=False)
    private_folder(target.broker)
    write_private(target.callout_secrets, load_or_make_secrets(source.secrets).callout.to_bytes())


def _sessions(source: DomainFolder, target: DomainFolder, _: DomainConfig) -> None:
    """An agent: where it is none yet, it becomes one by a join token (`overlay.domain.sessions_process`)."""
    private_folder(target.agents)
    if Home(source.agent(SESSIONS)).exists():
        _copy_folder(source.agent(SESSIONS), target.agent(SESSIONS))


_PARTS: dict[str, Callable[[DomainFolder, DomainFolder, DomainConfig], None]] = {
    "ca": _ca,
    "admission": _admission,
    "registry": _registry,
    "gateway": _gateway,
    "sessions": _sessions,
    "operator": _operator,
}
PARTS = tuple(_PARTS)


def _home(source: DomainFolder, target: DomainFolder, name: str, *, state: bool = True) -> None:
    old, new = Home(source.service(name)), Home(target.service(name))
    private_folder(new.folder)
    for file in (old.certificate, old.key, old.sealing, old.domain_card, old.roots):
        _copy(file, new.folder / file.name)
    if state and old.state.exists():
        _copy_database(old.state, new.state)


def _links(source: DomainFolder, target: DomainFolder) -> None:
    """What lets our gateway in at peers' brokers. `overlay peer add` adds to it: see docs/deployment.md."""
    _copy_folder(source.link_key.parent, target.link_key.parent)


def _copy_folder(source: Path, target: Path) -> None:
    private_folder(target)
    for file in sorted(source.iterdir() if source.is_dir() else ()):
        if file.is_dir():
            _copy_folder(file, target / file.name)
        elif file.suffix == ".db":
            _copy_database(file, target / file.name)
        elif not file.name.endswith((".db-wal", ".db-shm")):
            _copy(file, target / file.name)


def _copy(source: Path, target: Path) -> None:
    write_private(target, read_private(source))


def _copy_database(source: Path, target: Path) -> None:
    """As a whole, even while it is in use."""
    read_private(source)
    write_private(target, b"")
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except sqlite3.Error as error:
        raise BadSettings(f"{source} cannot be copied: {error}. Restore it from a backup") from error
