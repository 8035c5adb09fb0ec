"""What is wrong with this installation, or with one domain on it, and what to do about it."""

from __future__ import annotations

import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path

from overlay.brokers.programs import find_nats_server
from overlay.brokers.rabbitmq_program import find_epmd, find_rabbitmq_server
from overlay.domain.config import load_config
from overlay.domain.create import parties_of
from overlay.domain.doctor_certificates import examine_others, examine_party
from overlay.domain.finding import Finding
from overlay.domain.folder import DomainFolder
from overlay.domain.health import check_health
from overlay.domain.operator import how_to_start
from overlay.domain.status import domain_status
from overlay.endpoint.home import Home
from overlay.errors import OverlayError
from overlay.naming.ids import OPERATOR
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerKind

_PACKAGES = (
    "aio-pika",
    "cryptography",
    "msgspec",
    "nats-py",
    "nkeys",
    "orjson",
    "pydantic-settings",
    "uvloop",
)
_SPACE = 1024 * 1024 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def examine_installation(settings: Settings) -> Iterator[Finding]:
    """What the program itself needs."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    for package in _PACKAGES:
        yield _package(package)
    yield _program("nats-server", lambda: find_nats_server(settings.nats_server))
    yield _program("rabbitmq-server", lambda: find_rabbitmq_server(settings.rabbitmq_server), needed=False)
    yield _program("epmd", find_epmd, needed=False)


async def examine_domain(folder: DomainFolder) -> list[Finding]:
    """What one domain needs, and whether it serves."""
    found = list(_files(folder))
    if not all(finding.well for finding in found):
        return found
    alone = load_config(folder.config).part
    if alone and alone != OPERATOR:
        return [
            *found,
            _tried(alone, lambda: _serves(folder, alone), f"`overlay serve {alone}`; see its log"),
        ]
    advice = how_to_start(folder)
    for part in (await domain_status(folder)).parts:
        said = part.detail.removesuffix(advice).strip() or "serves"
        found += [Finding(part.name, part.well, said, advice)]
    return found


def _files(folder: DomainFolder) -> Iterator[Finding]:
    yield _tried("settings", lambda: str(load_settings(folder.settings) and folder.settings))
    yield _tried("domain.toml", lambda: load_config(folder.config).domain)
    yield from _private(folder)
    settings = _settings(folder)
    for name in _parties(folder):
        if Home(folder.service(name)).key.exists() or not _is_part(folder):
            yield examine_party(folder, name, settings)
    yield from examine_others(folder, settings)
    free = shutil.disk_usage(folder.path).free
    yield Finding(
        "disk", free >= _SPACE, f"{free // (1024 * 1024)} MiB free", "make room: brokers stop without it"
    )


def _private(folder: DomainFolder) -> Iterator[Finding]:
    open_to_others = [path for path in _secret_files(folder) if path.stat().st_mode & _OTHERS]
    names = ", ".join(str(path.relative_to(folder.path)) for path in open_to_others)
    advice = "run `chmod go-rwx` on them" if open_to_others else ""
    yield Finding(
        "key files", not open_to_others, f"readable by others: {names}" if names else "private", advice
    )


def _secret_files(folder: DomainFolder) -> Iterator[Path]:
    for pattern in (
        "ca",
        "ca/*.key",
        "services/*",
        "services/*/*.card",
        "services/*/*.pem",
        "services/*/*.keys",
        "broker/*.key",
        "broker/secrets.json",
        "broker/registry.json",
        "agents/*/*.pem",
        "agents/*/joining.*",
        "agents/*/*.keys",
        "links/*.key",
    ):
        yield from folder.path.glob(pattern)


def _settings(folder: DomainFolder) -> Settings:
    try:
        return load_settings(folder.settings)
    except OverlayError:
        return Settings()  # that is a finding of its own


def _parties(folder: DomainFolder) -> Iterable[str]:
    try:
        return parties_of(load_config(folder.config).broker)
    except OverlayError:
        return parties_of(BrokerKind.RABBITMQ)  # those that every domain has


def _is_part(folder: DomainFolder) -> bool:
    try:
        return bool(load_config(folder.config).part)
    except OverlayError:
        return False  # that is a finding of its own


def _serves(folder: DomainFolder, part: str) -> str:
    check_health(folder, part)
    return "serves"


def _package(name: str) -> Finding:
    try:
        return Finding(name, well=True, said=metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, well=False, said="missing", advice=f"pip install {name}")


def _program(name: str, find: Callable[[], Path], *, needed: bool = True) -> Finding:
    try:
        return Finding(name, well=True, said=str(find()))
    except OverlayError as error:
        said = "missing" if needed else "missing; only needed for RabbitMQ domains on this machine"
        return Finding(name, well=not needed, said=said, advice=str(error) if needed else "")


def _tried(what: str, look: Callable[[], str], advice: str = "") -> Finding:
    try:
        return Finding(what, well=True, said=look())
    except OverlayError as error:
        return Finding(what, well=False, said=str(error), advice=advice)
