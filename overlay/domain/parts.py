"""Which processes a domain consists of. Pure."""

from __future__ import annotations

from overlay.naming.ids import REGISTRY, SESSIONS
from overlay.settings import Settings
from overlay.transport.address import BrokerKind

_GATEWAY = "gateway"
MOST_GATEWAYS = 5
"""Four, and one more while they are restarted in turn."""


def parts_of(kind: BrokerKind, settings: Settings) -> tuple[str, ...]:
    """The processes of a domain on such a broker, in the order of starting: the CA lets all others in."""
    admission = ("admission",) if kind is BrokerKind.NATS else ()
    own = () if settings.registry_in_gateway else registries(settings)
    sessions = (SESSIONS,) if settings.session_service else ()
    return ("ca", *admission, *own, *gateways(settings.gateway_processes), *sessions)


def registries(settings: Settings) -> tuple[str, ...]:
    """The processes of the registry, all of which answer: `registry`, `registry-2` …"""
    return (REGISTRY, *(f"{REGISTRY}-{number}" for number in range(2, settings.registry_replicas + 1)))


def gateways(count: int) -> tuple[str, ...]:
    """The processes of the gateway, which share the work: `gateway`, `gateway-2` …"""
    return (_GATEWAY, *(f"{_GATEWAY}-{number}" for number in range(2, count + 1)))


def is_registry(part: str) -> bool:
    """Whether it is a process of the registry."""
    return _is_one_of(REGISTRY, part)


def is_gateway(part: str) -> bool:
    """Whether it is a process of the gateway."""
    return _is_one_of(_GATEWAY, part)


def _is_one_of(service: str, part: str) -> bool:
    name, _, number = part.partition("-")
    return name == service and (part == service or (number.isdigit() and int(number) > 1))
