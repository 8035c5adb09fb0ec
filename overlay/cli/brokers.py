"""The option `--brokers nats,rabbitmq`."""

from __future__ import annotations

from overlay.errors import BadInput
from overlay.transport.address import BrokerKind

_REAL = (BrokerKind.NATS, BrokerKind.RABBITMQ)


def broker_kinds(text: str, *, most: int) -> tuple[BrokerKind, ...]:
    """One to `most` brokers, one a domain. Raises BadInput."""
    words = [word.strip() for word in text.split(",")]
    if not 1 <= len(words) <= most or any(word not in _REAL for word in words):
        raise BadInput(f"{text!r} are no brokers: name 1 to {most} of nats and rabbitmq, with commas between")
    return tuple(BrokerKind(word) for word in words)
