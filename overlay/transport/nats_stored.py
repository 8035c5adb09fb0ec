"""Readers of the stored half of a mailbox on NATS: a pull consumer, asked for more as room allows."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter

from overlay.errors import Failed, Refused
from overlay.naming.mailboxes import Mailbox
from overlay.settings import Settings
from overlay.transport.contract import Delivery, OnError, OnStored
from overlay.transport.handling import Handling
from overlay.transport.nats_client import on_wire
from overlay.transport.nats_connection import NatsConnection, Subscription
from overlay.transport.nats_parser import text_of
from overlay.transport.nats_pull import Pull
from overlay.transport.nats_requests import NO_RESPONDERS, NatsRequests, status_of
from overlay.transport.nats_stream import ack_prefix, info_subject, nanoseconds, pull_subject
from overlay.transport.quiet import Quiet
from overlay.transport.redelivery import redelivery_wait

_ACK = b"+ACK"
_IN_PROGRESS = b"+WPI"
_HEARTBEAT = 100
_CONFLICT = 409
_PAUSE_S = 1.0
"""Before asking again a consumer that refused."""
_WORTH_TELLING = 3
"""Refusals in a row; a broker that restarts has one or two."""


class NatsStored:
    """See `contract.Stored`."""

    __slots__ = ("_reader", "delivery", "settle_on")

    def __init__(self, reader: NatsStoredReader, delivery: Delivery, settle_on: bytes) -> None:
        self.delivery = delivery
        self.settle_on = settle_on
        self._reader = reader

    @property
    def attempt(self) -> int:
        """See `contract.Stored`."""
        tokens = self.settle_on.split(b".", 5)
        return int(tokens[4]) if len(tokens) > 4 and tokens[4].isdigit() else 1

    async def ack(self) -> None:
        """See `contract.Stored`."""
        self._reader.settle(self, _ACK)

    async def again(self, delay_s: float = 0.0) -> None:
        """See `contract.Stored`."""
        self._reader.settle(self, _again(delay_s))


class NatsStoredReader:
    """See `contract.Reader`. Made by `open`."""

    def __init__(
        self,
        connection: NatsConnection,
        mailbox: Mailbox,
        handler: OnStored,
        settings: Settings,
        on_error: OnError,
    ) -> None:
        self.refused: Counter[str] = Counter()
        """What was not taken for a stored message, by reason."""
        self._connection = connection
        self._mailbox = mailbox
        self._handler = handler
        self._settings = settings
        self._on_error = on_error
        self._where = f"stored reader of {mailbox.name}"
        self._pull_subject = on_wire(pull_subject(mailbox))
        self._ack_prefix = ack_prefix(mailbox).encode()
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._numbers = itertools.count()
        self._unsettled: set[NatsStored] = set()
        self._finishing = False
        self._stopping = False
        self._pausing = False
        self._unsaid: list[tuple[bytes, bytes]] = []
        """What the broker is told when there is a connection again: never more than we had in hand."""
        self._quiet = Quiet()
        self._refusals = 0
        self._pull = Pull(settings.nats_pull_lifetime_s)
        self._handling = Handling(
            self._handle, limit=settings.stored_in_flight, where=self._where, on_error=on_error
        )
        self._timers: dict[str, asyncio.TimerHandle] = {}

    @classmethod
    async def open(
        cls,
        connection: NatsConnection,
        requests: NatsRequests,
        mailbox: Mailbox,
        handler: OnStored,
        *,
        settings: Settings,
        on_error: OnError,
    ) -> NatsStoredReader:
        """Raises Refused, Unreachable."""
        await _check_consumer(connection, requests, mailbox, settings)
        reader = cls(connection, mailbox, handler, settings, on_error)
        reader._inbox = f"{requests.inbox}.{secrets.token_hex(4)}"
        try:
            reader._subscription = await connection.subscribe(f"{reader._inbox}.*", "", reader._arrived)
        except BaseException:
            await reader.stop()
            raise
        connection.on_back.append(reader._back)
        reader._tick()
        return reader

    @property
    def dropped(self) -> int:
        """See `contract.Reader`."""
        return self._handling.dropped

    def settle(self, stored: NatsStored, how: bytes) -> None:
        """Tell the broker, without waiting for it."""
        if stored in self._unsettled:
            self._unsettled.remove(stored)
            self._tell(stored, how)
            self._ask()

    async def finish(self, timeout_s: float) -> None:
        """See `contract.Reader`. The last pull has to end: nobody can take it back, and what it brings would
        come to others late.
        """
        self._finishing = True
        if self._pull.expected or self._unsettled:
            await self._quiet.wait(timeout_s)

    async def cover(self, mailbox: Mailbox) -> None:
        """See `contract.Reader`: the consumer at the broker covers it."""

    async def stop(self) -> None:
        """See `contract.Reader`."""
        self._stopping = True
        if self._back in self._connection.on_back:
            self._connection.on_back.remove(self._back)
        for stored in self._handling.clear():
            self.settle(stored, _again(0.0))
        await self._handling.stop(self._settings.drain_timeout_s)
        for stored in list(self._unsettled):
            self.settle(stored, _again(0.0))
        if self._subscription is not None:
            self._connection.unsubscribe(self._subscription)
        for timer in self._timers.values():
            timer.cancel()

    async def _handle(self, stored: NatsStored) -> None:
        try:
            await self._handler(stored)
        except BaseException:
            await stored.again(redelivery_wait(stored.attempt, self._settings))
            raise

    def _ask(self) -> None:
        """Ask for more when all that was asked for has come and half of the room is free."""
        client = self._connection.client
        if self._finishing and not (self._pull.expected or self._unsettled):
            self._quiet.come()
        if self._finishing or self._stopping or self._pausing or client is None or self._pull.expected:
            return
        limit = self._settings.stored_in_flight
        free = limit - len(self._unsettled)
        if free * 2 >= limit:
            number = b"%d" % next(self._numbers)
            request = self._pull.begin(number, free, asyncio.get_running_loop().time())
            client.publish_now(self._pull_subject, request, b"%b.%b" % (self._inbox.encode(), number))

    def _arrived(self, subject: bytes, reply: bytes, data: bytes, headers: bytes | None) -> None:
        self._pull.heard(asyncio.get_running_loop().time())
        status = status_of(headers)
        if status:
            self._told(status, subject, headers or b"")
        elif not reply.startswith(self._ack_prefix):
            # Settling publishes on this subject: it must not be one that somebody else chose.
            self.refused["foreign-reply"] += 1
            self._on_error(self._where, Refused(f"a message on {subject!r} did not come from our consumer"))
        else:
            self._take(NatsStored(self, Delivery(text_of(subject), data), reply))

    def _take(self, stored: NatsStored) -> None:
        self._refusals = 0
        self._pull.arrived()
        if self._stopping or not self._handling.offer(stored):
            self._tell(stored, _again(0.0))
        else:
            self._unsettled.add(stored)

    def _told(self, status: int, subject: bytes, headers: bytes) -> None:
        if status == _HEARTBEAT:
            return
        self._pull.over(subject.rpartition(b".")[2])
        if status in (NO_RESPONDERS, _CONFLICT):
            self._refusals += 1
            if self._refusals == _WORTH_TELLING:
                text = headers.partition(b"\r\n")[0].decode(errors="replace")
                self._on_error(self._where, Failed(f"its consumer does not answer ({text}): we keep asking"))
            self._pause()
        self._ask()

    def _pause(self) -> None:
        if not self._stopping and not self._pausing:
            self._pausing = True
            self._timers["pause"] = asyncio.get_running_loop().call_later(_PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        self._pausing = False
        self._ask()

    def _back(self) -> None:
        client = self._connection.client
        if client is not None:
            for settle_on, how in self._unsaid:
                client.publish_now(settle_on, how)
            self._unsaid.clear()
        self._pull.forget()
        self._ask()

    def _tick(self) -> None:
        """Keep what we hold from being delivered again, and notice pulls that died in silence."""
        for stored in self._unsettled:
            self._tell(stored, _IN_PROGRESS)
        loop = asyncio.get_running_loop()
        self._pull.forget_if_silent(loop.time())
        self._ask()
        every_s = min(self._settings.ack_wait_s / 3, self._pull.heartbeat_s)
        self._timers["tick"] = loop.call_later(every_s, self._tick)

    def _tell(self, stored: NatsStored, how: bytes) -> None:
        client = self._connection.client
        if client is not None:
            client.publish_now(stored.settle_on, how)
        elif how is not _IN_PROGRESS:
            self._unsaid.append((stored.settle_on, how))


def _again(delay_s: float) -> bytes:
    return b'-NAK {"delay": %d}' % nanoseconds(delay_s) if delay_s > 0 else b"-NAK"


async def _check_consumer(
    connection: NatsConnection, requests: NatsRequests, mailbox: Mailbox, settings: Settings
) -> None:
    """Raises Refused when nobody made it, or it is not ours."""
    client = await connection.ready(settings.publish_timeout_s)
    answer = await requests.ask(client, info_subject(mailbox), b"", b"", settings.publish_timeout_s)
    if answer.status == NO_RESPONDERS or b'"error"' in answer.payload:
        raise Refused(
            f"mailbox {mailbox.name!r} has no stored half at the broker: the provisioner makes it first"
        )
