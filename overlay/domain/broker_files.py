"""What the operator of an existing broker needs to run it for a domain: its configuration and certificate.

A composition root: each kind of broker has files of its own.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from pathlib import Path

from overlay.brokers.account import Account
from overlay.brokers.nats_config import nats_config
from overlay.brokers.nats_files import server_config
from overlay.brokers.nats_secrets import load_or_make_secrets
from overlay.brokers.rabbitmq_config import REVOKED
from overlay.brokers.rabbitmq_files import node_files, rabbit_limits
from overlay.brokers.rabbitmq_folder import RabbitFolder
from overlay.domain.config import DomainConfig, load_config, management_address
from overlay.domain.folder import DomainFolder
from overlay.domain.new_folder import is_taken, new_folder
from overlay.errors import BadInput, BadSettings
from overlay.private_files import private_folder, read_private, write_private
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind, TlsFiles

STORE = "store"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the broker sees the files, listens, and (NATS only) keeps messages; `at`/store if None."""

    at: Path
    listen: str
    store: Path | None = None


def write_broker_files(folder: DomainFolder, output: Path, place: Place) -> tuple[str, ...]:
    """Write them into `output`, over what was written there before, and nothing else. Returns their names.

    Raises BadInput, BadSettings; then nothing was written.
    """
    _check(place)
    config = load_config(folder.config)
    if config.managed:
        raise BadSettings(
            f"`overlay up` starts the broker of {config.domain} itself: this is for a domain that was made "
            "with `overlay init --broker-url`"
        )
    files = (
        _nats(folder, config, place) if config.broker is BrokerKind.NATS else _rabbitmq(folder, config, place)
    )
    if is_taken(output):
        _check_own(output, files)
        _write(output, config, files)
    else:
        with new_folder(output) as draft:
            _write(draft, config, files)
    return tuple(files)


def _check(place: Place) -> None:
    for path in (place.at, *([place.store] if place.store else [])):
        if not path.is_absolute():
            raise BadInput(f"{path} is not absolute: name it as the broker sees it, from / on")
    try:
        ipaddress.ip_address(place.listen)
    except ValueError as error:
        raise BadInput(f"{place.listen!r} is no address to listen on, such as {_any_address()}") from error


def _any_address() -> str:
    return str(ipaddress.IPv4Address(0))


def _nats(folder: DomainFolder, config: DomainConfig, place: Place) -> dict[str, bytes]:
    told = server_config(
        load_settings(folder.settings),
        load_or_make_secrets(folder.secrets),
        listen=place.listen,
        port=config.address.port,
        tls=TlsFiles(place.at / "root.pem", place.at / "server.pem", place.at / "server.key"),
        store=place.store or place.at / STORE,
        log=None,
    )
    tls = folder.broker_tls
    return {
        "nats.conf": nats_config(told).encode(),
        "root.pem": _read(tls.ca),
        "server.pem": _read(tls.certificate),
        "server.key": read_private(tls.key),
    }


def _rabbitmq(folder: DomainFolder, config: DomainConfig, place: Place) -> dict[str, bytes]:
    if place.store:
        raise BadInput(
            "where RabbitMQ keeps its messages is not in its files: set RABBITMQ_MNESIA_BASE there"
        )
    node = RabbitFolder(folder.broker, Account.for_servers()).kept(place.listen, config.address.port)
    _, management = management_address(config.management)
    return node_files(
        place.at,
        replace(node.ports, management=management),
        rabbit_limits(load_settings(folder.settings)),
        folder.broker_tls,
        password=node.admin_password,
        listen=place.listen,
        managed_on=place.listen,
        log="",
    )


def _check_own(output: Path, files: dict[str, bytes]) -> None:
    if not output.is_dir():
        raise BadSettings(f"{output} is there already, and is no folder: name another")
    others = sorted({path.name for path in output.iterdir()} - {*files, STORE, REVOKED})
    if others:
        raise BadSettings(
            f"{output} holds something else, such as {others[0]}: name a folder that is not there"
        )


def _write(output: Path, config: DomainConfig, files: dict[str, bytes]) -> None:
    inside = STORE if config.broker is BrokerKind.NATS else REVOKED
    private_folder(output / inside)
    for name, data in files.items():
        write_private(output / name, data)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error
