"""A grant as the allow lists of a NATS user. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from overlay.admission.permissions import Grant
from overlay.naming.mailboxes import Mailbox
from overlay.transport.nats_stream import ack_prefix, info_subject, pull_subject


@dataclass(frozen=True, slots=True)
class NatsAllow:
    """Subjects that a NATS user may publish and subscribe; all others are refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def nats_allow(grant: Grant) -> NatsAllow:
    """The allow lists of this grant."""
    stored = [mailbox for mailbox in grant.read if mailbox.stored]
    fetch = [
        subject
        for mailbox in stored
        for subject in (pull_subject(mailbox), info_subject(mailbox), f"{ack_prefix(mailbox)}>")
    ]
    read = dict.fromkeys(pattern for mailbox in grant.read for pattern in _realtime(mailbox))
    return NatsAllow((*grant.publish, *fetch), (f"_INBOX.{grant.name}.>", *read))


def _realtime(mailbox: Mailbox) -> tuple[str, ...]:
    """A process draws its own slot on NATS, so a process's mailbox stands for all of its party's."""
    if mailbox.shared:
        return mailbox.realtime
    slot = mailbox.name.rpartition(".")[2]
    mine = f".{mailbox.owner}.{slot}."
    return tuple(pattern.replace(mine, f".{mailbox.owner}.*.", 1) for pattern in mailbox.realtime)
