"""Where a broker is, and with what a party proves itself there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from overlay.errors import BadSettings


class BrokerKind(StrEnum):
    """The brokers we speak to."""

    NATS = "nats"
    RABBITMQ = "rabbitmq"
    MEMORY = "memory"


_SCHEMES = {"tls": BrokerKind.NATS, "amqps": BrokerKind.RABBITMQ, "memory": BrokerKind.MEMORY}
_PORTS = {BrokerKind.NATS: 4222, BrokerKind.RABBITMQ: 5671, BrokerKind.MEMORY: 1}


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """`tls://host:port` (NATS), `amqps://host:port/vhost` (RabbitMQ), `memory://name`. Always TLS (GW-17)."""

    kind: BrokerKind
    host: str
    port: int
    vhost: str = "/"

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """From a URL. Raises BadSettings, also for `nats://` and `amqp://`: nothing goes in the clear."""
        parts = urlsplit(url)
        kind = _SCHEMES.get(parts.scheme)
        if parts.scheme in ("nats", "amqp"):
            safe = {"nats": "tls", "amqp": "amqps"}[parts.scheme]
            raise BadSettings(f"{url!r} is a broker without TLS: use {safe}://host:port")
        if kind is None or parts.username or parts.query or parts.fragment:
            raise BadSettings(
                f"{url!r} is not a broker address: use tls://host:port for NATS or "
                "amqps://host:port/vhost for RabbitMQ, without user or password"
            )
        try:
            port = parts.port or _PORTS[kind]
        except ValueError as error:
            raise BadSettings(f"{url!r} has no usable port: {error}") from error
        if not parts.hostname:
            raise BadSettings(f"{url!r} names no host")
        return cls(kind, parts.hostname, port, parts.path.lstrip("/") or "/")

    def __str__(self) -> str:
        scheme = {kind: scheme for scheme, kind in _SCHEMES.items()}[self.kind]
        host = f"[{self.host}]" if ":" in self.host else self.host
        vhost = "" if self.vhost == "/" else f"/{self.vhost}"
        return f"{scheme}://{host}:{self.port}{vhost}"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the one CA to trust, and a party's own certificate and key."""

    ca: Path
    certificate: Path
    key: Path
