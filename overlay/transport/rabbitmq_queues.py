"""Names and arguments of what RabbitMQ keeps: the one exchange, and the queues of a mailbox. Pure."""

from __future__ import annotations

from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings

EXCHANGE = "ov"
DELIVERY_LIMIT = 1_000_000
"""Who gives up on a message is the endpoint, never the broker; RabbitMQ 4 would after 20 deliveries."""

Arguments = dict[str, str | int]


def realtime_queue(mailbox: Mailbox) -> str:
    """The queue of the realtime half."""
    return f"{mailbox.name}.rt"


def stored_queue(mailbox: Mailbox) -> str:
    """The queue of the stored half."""
    return f"{mailbox.name}.rel"


def realtime_arguments(settings: Settings) -> Arguments:
    """A classic queue: what nobody reads in time goes, the oldest first. The queue itself is durable, or a
    restart of the broker would take it away.
    """
    return {
        "x-queue-type": "classic",
        "x-max-length": settings.reader_queue,
        "x-max-length-bytes": settings.rabbitmq_realtime_bytes,
        "x-overflow": "drop-head",
        "x-message-ttl": milliseconds(settings.rabbitmq_realtime_ttl_s),
    }


def stored_arguments(settings: Settings) -> Arguments:
    """A quorum queue: what it confirmed it keeps; when it is full it says so."""
    return {
        "x-queue-type": "quorum",
        "x-max-length-bytes": settings.store_max_bytes,
        "x-overflow": "reject-publish",
        "x-message-ttl": milliseconds(settings.store_max_age_s),
        "x-delivery-limit": DELIVERY_LIMIT,
    }


def milliseconds(seconds: float) -> int:
    """As RabbitMQ counts; never 0, which would mean `only if somebody takes it at once`."""
    return max(1, round(seconds * 1000))
