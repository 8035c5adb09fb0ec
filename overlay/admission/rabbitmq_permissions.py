"""A grant as the permissions of a RabbitMQ user: regular expressions, with every name spelled out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from overlay.admission.permissions import Grant
from overlay.naming.mailboxes import Mailbox
from overlay.transport.rabbitmq_queues import EXCHANGE, realtime_queue, stored_queue

NOTHING = "(?!)"
"""Matches no name at all; `^$` would match one line feed."""

_WORD = "[a-z0-9_-]+"


@dataclass(frozen=True, slots=True)
class RabbitPermissions:
    """What a RabbitMQ user may do with queues and exchanges, and with routing keys of the exchange `ov`."""

    configure: str
    write: str
    read: str
    topic_write: str
    topic_read: str


def rabbitmq_permissions(grant: Grant) -> RabbitPermissions:
    """The permissions of this grant: publish to `ov` and nowhere else (the default exchange would reach any
    queue by its name), read its own queues, make and bind nothing.
    """
    return RabbitPermissions(
        configure=NOTHING,
        write=_one_of([re.escape(EXCHANGE)]),
        read=_one_of(re.escape(queue) for mailbox in grant.read for queue in _queues(mailbox)),
        topic_write=_one_of(_routing_keys(pattern) for pattern in grant.publish),
        topic_read=NOTHING,
    )


def _queues(mailbox: Mailbox) -> tuple[str, ...]:
    realtime, stored = realtime_queue(mailbox), stored_queue(mailbox)
    return (realtime, stored) if mailbox.stored else (realtime,)


def _routing_keys(pattern: str) -> str:
    return r"\.".join(_WORD if part == "*" else re.escape(part) for part in pattern.split("."))


def _one_of(expressions: Iterable[str]) -> str:
    # `\z` and not `$`, which lets a line feed follow.
    return rf"^(?:{'|'.join(expressions)})\z"
