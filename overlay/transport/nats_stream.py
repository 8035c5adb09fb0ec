"""The stream that keeps stored messages on NATS, and the subjects by which parties reach it. Pure.

Parties live in account APP, which has no JetStream; these subjects are imported from account STORE
(`overlay.brokers.nats_config`).
"""

from __future__ import annotations

from typing import Any

from overlay.naming.mailboxes import SLOTS, Mailbox, consumer_name
from overlay.settings import Settings

STREAM = "OV"
STORED_SUBJECTS = "ov.rel.>"
PULL = "ovjs.next"
INFO = "ovjs.info"
ACK = f"$JS.ACK.{STREAM}"

_NANOSECONDS = 1_000_000_000


def nanoseconds(seconds: float) -> int:
    """As JetStream counts time."""
    return int(seconds * _NANOSECONDS)


def pull_subject(mailbox: Mailbox) -> str:
    """Where a party asks for stored messages."""
    return f"{PULL}.{consumer_name(mailbox)}"


def info_subject(mailbox: Mailbox) -> str:
    """Where a party asks whether its consumer is there."""
    return f"{INFO}.{consumer_name(mailbox)}"


def ack_prefix(mailbox: Mailbox) -> str:
    """How every subject begins on which a party settles."""
    return f"{ACK}.{consumer_name(mailbox)}."


def stream_config(settings: Settings) -> dict[str, Any]:
    """What is kept, and for how long (design §4)."""
    return {
        "name": STREAM,
        "subjects": [STORED_SUBJECTS],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_age": nanoseconds(settings.store_max_age_s),
        "max_bytes": settings.store_max_bytes,
        "max_msgs": -1,
        "max_msg_size": settings.max_payload_bytes,
        "max_consumers": settings.nats_max_consumers,
        "duplicate_window": nanoseconds(min(settings.duplicate_window_s, settings.store_max_age_s)),
        "num_replicas": 1,
        "allow_msg_ttl": True,
        "deny_purge": False,
    }


def consumer_config(mailbox: Mailbox, settings: Settings) -> dict[str, Any]:
    """The durable consumer of a mailbox's stored half. It starts with the mailbox: what was stored before is
    not for it.
    """
    return {
        "durable_name": consumer_name(mailbox),
        "name": consumer_name(mailbox),
        "deliver_policy": "new",
        "ack_policy": "explicit",
        "replay_policy": "instant",
        "ack_wait": nanoseconds(settings.ack_wait_s),
        "max_deliver": -1,
        "max_ack_pending": settings.stored_in_flight * len(SLOTS),
        "max_waiting": 512,
        "inactive_threshold": nanoseconds(settings.nats_idle_consumer_s),
        **_filters(mailbox),
    }


def _filters(mailbox: Mailbox) -> dict[str, Any]:
    if len(mailbox.stored) == 1:
        return {"filter_subject": mailbox.stored[0]}
    return {"filter_subjects": list(mailbox.stored)}
