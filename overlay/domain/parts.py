"""Which processes a domain consists of. Pure."""

from __future__ import annotations

from overlay.naming.ids import REGISTRY
from overlay.settings import Settings
from overlay.transport.address import BrokerKind


def parts_of(kind: BrokerKind, settings: Settings) -> tuple[str, ...]:
    """The processes of a domain on such a broker, in the order of starting: the CA lets all others in."""
    admission = ("admission",) if kind is BrokerKind.NATS else ()
    own = () if settings.registry_in_gateway else registries(settings)
    return ("ca", *admission, *own, "gateway")


def registries(settings: Settings) -> tuple[str, ...]:
    """The processes of the registry, all of which answer: `registry`, `registry-2` …"""
    return (REGISTRY, *(f"{REGISTRY}-{number}" for number in range(2, settings.registry_replicas + 1)))


def is_registry(part: str) -> bool:
    """Whether it is a process of the registry."""
    name, _, number = part.partition("-")
    return name == REGISTRY and (part == REGISTRY or (number.isdigit() and int(number) > 1))
