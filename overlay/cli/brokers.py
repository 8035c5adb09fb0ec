"""The option `--brokers nats,rabbitmq`."""

from __future__ import annotations

from overlay.errors import BadInput
from overlay.transport.address import BrokerKind

_REAL = (BrokerKind.NATS, BrokerKind.RABBITMQ)


def broker_kinds(text: str, *, most: int) -> tuple[BrokerKind, ...]:
    """One to `most` brokers, one a domain. Raises BadInput."""
    words = [word.strip() for word in text.split(",")]
    if not 1 <= len(words) <= most or any(word not in _REAL for word in words):
        how = (
            "one of nats and rabbitmq"
            if most == 1
            else f"one to {most} of nats and rabbitmq, as nats,rabbitmq"
        )
        raise BadInput(f"{text!r} names no broker that is known: name {how}")
    return tuple(BrokerKind(word) for word in words)
