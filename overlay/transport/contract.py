"""What the overlay asks of a broker. The docstrings are the contract. Pure.

`tests/conformance` holds every adapter to it: the one in memory (the reference), NATS and RabbitMQ. Asking
and answering are built above this, from ordinary messages (design §2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from overlay.naming.mailboxes import Mailbox
from overlay.transport.address import BrokerAddress, TlsFiles

FULL_WAIT_S = 1.0
"""Before which what a full broker refused need not be tried again."""


@dataclass(frozen=True, slots=True)
class Features:
    """Where brokers differ, for callers and for the conformance suite."""

    deduplicates: bool
    """`store` of a message ID that was stored a short while ago stores nothing again."""
    survives_restart: bool
    """Stored messages outlive a restart of the broker."""
    refuses_unread: bool
    """`store` to a subject that no mailbox covers raises NotStored; else it is taken and read by nobody."""
    fixed_reading: bool
    """What a connection may read is settled when it begins: what its party came to read later needs another
    one, and what it may read no more it reads until it ends.
    """


class Delivery(msgspec.Struct, frozen=True):
    """One message as the broker gave it. Nothing about it is proved."""

    subject: str
    payload: bytes


class Stored(Protocol):
    """One stored message. Settle it once with `ack` or `again`; settling twice does nothing."""

    @property
    def delivery(self) -> Delivery:
        """The message."""

    @property
    def attempt(self) -> int:
        """1 for the first delivery; brokers may count a delivery that never reached us."""

    async def ack(self) -> None:
        """Done: the broker may forget it. Does not wait for the broker: a lost ack means another delivery."""

    async def again(self, delay_s: float = 0.0) -> None:
        """Not done: deliver it again, to whichever process is free, after about `delay_s`."""


OnDelivery = Callable[[Delivery], Awaitable[None] | None]
"""None: it is done. Else it is awaited before the next one."""
OnStored = Callable[[Stored], Awaitable[None]]


class Reader(Protocol):
    """A running subscription. Its handler is called with one message at a time, in order of arrival."""

    @property
    def dropped(self) -> int:
        """How many messages were dropped because the bounded queue of this reader was full."""

    async def finish(self, timeout_s: float) -> None:
        """Ask the broker for nothing more, and wait until the handler has had what is on its way and all that
        is stored was settled, or for `timeout_s`. Call it once; `stop` comes after.
        """

    async def cover(self, mailbox: Mailbox) -> None:
        """The provisioner changed what this mailbox covers: read all of it from now on. Raises Refused where
        the broker wants another connection for it; then this reader is as it was.
        """

    async def stop(self) -> None:
        """Take nothing more, let the running handler end, give back what was not handled. Idempotent."""


class Transport(Protocol):
    """One connection of one party to its broker. Lost connections come back by themselves, and readers with
    them, within `Settings.reconnect_limit_s`; after that the transport is closed and `closed` says why.

    A handler that raises is reported to `on_error` of `connect`; a stored message whose handler raised is
    delivered again. Every method raises Unreachable once the transport is closed.
    """

    @property
    def features(self) -> Features:
        """What this broker can do."""

    @property
    def max_payload(self) -> int:
        """The largest payload in bytes."""

    async def publish(self, subject: str, payload: bytes) -> None:
        """Hand over a realtime message: at most once, gone when nobody reads. Waits for room while
        disconnected, up to `Settings.publish_timeout_s`. Raises TooLarge, Unreachable.
        """

    def publish_now(self, subject: str, payload: bytes) -> bool:
        """As `publish`, where it need not wait; False, and nothing done, where it would. Raises TooLarge."""

    async def store(self, subject: str, payload: bytes, *, message_id: str, ttl_s: float) -> None:
        """Returns when the broker has stored the message safely, to be kept for about `ttl_s` seconds if
        nobody takes it. It reaches the mailboxes that exist at this time, none that is made later. May be
        called many times at once. Raises TooLarge; Refused when the broker does not permit it; Overloaded
        when it is full, and has not stored it; NotStored when it did not confirm within
        `Settings.store_timeout_s` (it may or may not have it: store it again).
        """

    async def flush(self) -> None:
        """Returns when the broker has everything published before. Raises Unreachable."""

    async def claim_slot(self, name: str) -> str:
        """A token for this process among those of party `name`; its `process_inbox` is ours alone until
        the transport closes. Raises Overloaded when all slots are taken. Call it once.
        """

    async def read(self, mailbox: Mailbox, handler: OnDelivery) -> Reader:
        """Read the realtime half of a mailbox, from now on: returns when the broker knows. Shared mailboxes
        give each message to one reader. Only a mailbox that the provisioner made is sure to be readable.
        Raises Refused when the broker does not permit it.
        """

    async def read_stored(self, mailbox: Mailbox, handler: OnStored) -> Reader:
        """Read the stored half of a mailbox, oldest first, with at most `Settings.stored_in_flight`
        unsettled. What is not settled is delivered again when this reader stops, and when its connection
        or process is lost (NATS: up to `Settings.ack_wait_s` later). A message whose handler raised comes
        again after `Settings.redelivery_wait_s`, doubled with each attempt. Raises Refused.
        """

    def use_files(self, tls: TlsFiles) -> None:
        """Should it have to come back, then with these: the certificate was renewed."""

    def use_addresses(self, addresses: Sequence[BrokerAddress]) -> None:
        """Should it have to come back, then to any of these: where our broker, or its cluster, is reached."""

    async def closed(self) -> None:
        """Returns after `close`; raises Unreachable when reconnecting was given up."""

    async def close(self) -> None:
        """Drain: stop all readers, hand over what was published, disconnect; bounded by
        `Settings.drain_timeout_s`. Idempotent.
        """


class Provisioner(Protocol):
    """The domain's own hand on its broker: makes what parties read. Idempotent, and safe to call at once."""

    async def prepare(self) -> None:
        """Make what the whole domain shares: the stream, or the exchange."""

    async def ensure(self, mailboxes: Sequence[Mailbox]) -> None:
        """Make these, where they are missing; what is stored in them stays."""

    async def change(self, before: Mailbox, after: Mailbox, /) -> None:
        """The same mailbox covers something else from now on; what is stored in it stays. It is made if it is
        missing. `before` may say more than it covered.
        """

    async def remove(self, mailboxes: Sequence[Mailbox]) -> None:
        """Take these away, with what is stored in them."""

    async def sweep(self) -> None:
        """Let go of what was settled, where the broker itself keeps it: to be called every now and then."""

    async def close(self) -> None:
        """Disconnect. Idempotent."""


OnError = Callable[[str, Exception], None]
"""Told what went wrong where no caller could be told: (where, the error)."""
