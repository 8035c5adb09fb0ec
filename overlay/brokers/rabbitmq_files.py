"""The files that every RabbitMQ node of a domain reads when it starts, whoever starts it."""

from __future__ import annotations

from pathlib import Path

from overlay.brokers.rabbitmq_config import (
    LOOPBACK,
    PLUGINS,
    RabbitLimits,
    RabbitPorts,
    advanced_config,
    definitions_json,
    rabbitmq_conf,
)
from overlay.errors import BadSettings
from overlay.private_files import read_private
from overlay.settings import Settings
from overlay.transport.address import TlsFiles


def rabbit_limits(settings: Settings) -> RabbitLimits:
    """The bounds of a node."""
    return RabbitLimits(
        max_message_bytes=settings.max_payload_bytes,
        channel_max=settings.rabbitmq_channel_max,
        memory_share=settings.rabbitmq_memory_share,
        disk_free_bytes=settings.rabbitmq_disk_free_bytes,
        consumer_timeout_s=settings.rabbitmq_consumer_timeout_s,
    )


def node_files(
    at: Path,
    ports: RabbitPorts,
    limits: RabbitLimits,
    tls: TlsFiles,
    *,
    password: str,
    listen: str,
    managed_on: str = LOOPBACK,
    log: str = "rabbit.log",
) -> dict[str, bytes]:
    """By name. `at`: where the node sees them. `listen`, `managed_on`: the local addresses of AMQPS and of
    the management interface; without `log` the node writes to standard output. Raises BadSettings.
    """
    return {
        "rabbitmq.conf": rabbitmq_conf(at, listen, ports, limits, managed_on, log).encode(),
        "advanced.config": advanced_config(at).encode(),
        "enabled_plugins": PLUGINS.encode(),
        "definitions.json": definitions_json(password).encode(),
        "ca.pem": _pem(tls.ca),
        "certificate.pem": _pem(tls.certificate),
        "key.pem": read_private(tls.key),
    }


def _pem(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error
