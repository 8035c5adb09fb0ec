"""Storing on NATS: publish into the stream, wait for its acknowledgement, try again under the same ID."""

from __future__ import annotations

import asyncio
import math

import msgspec

from overlay.errors import BadName, NotStored, Overloaded, TimedOut, Unreachable
from overlay.settings import Settings
from overlay.transport.contract import FULL_WAIT_S
from overlay.transport.nats_connection import NatsConnection
from overlay.transport.nats_requests import NO_RESPONDERS, Answer, NatsRequests
from overlay.wire.malformed import MALFORMED

HEADER_ROOM = 512
"""Of the broker's limit for payload and headers together, what headers may take."""

_LONGEST_ID = 128
_TRIES = 4
_PAUSE_S = 0.1
_FULL = "maximum bytes exceeded"


class _Problem(msgspec.Struct):
    description: str = ""


class _PubAck(msgspec.Struct):
    """What the stream answers."""

    stream: str = ""
    error: _Problem | None = None


_pub_ack = msgspec.json.Decoder(_PubAck)


class NatsStore:
    """Stores for one transport."""

    def __init__(self, connection: NatsConnection, requests: NatsRequests, settings: Settings) -> None:
        self._connection = connection
        self._requests = requests
        self._timeout_s = settings.store_timeout_s
        self._patience_s = settings.store_timeout_s / _TRIES

    async def store(self, subject: str, payload: bytes, message_id: str, ttl_s: float) -> None:
        """See `contract.Transport.store`."""
        headers = _headers(message_id, ttl_s)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timeout_s
        why = "no attempt was made"
        while (left := until - loop.time()) > 0:
            try:
                answer = await self._attempt(subject, payload, headers, left)
            except (TimedOut, Unreachable) as error:
                self._connection.life.check()
                why = str(error)
                continue
            if answer.status != NO_RESPONDERS:
                return _check(answer, subject)
            why = "the broker has no store: the provisioner prepares it, and JetStream must be enabled"
            await asyncio.sleep(_PAUSE_S)
        raise NotStored(f"{subject} was not confirmed within {self._timeout_s:g} s: {why}. Store it again")

    async def _attempt(self, subject: str, payload: bytes, headers: bytes, left: float) -> Answer:
        client = self._connection.client
        if client is None:
            client = await self._connection.ready(left)
        if not client.has_room():
            await client.room(left)
        return await self._requests.ask(client, subject, payload, headers, min(left, self._patience_s))


def _headers(message_id: str, ttl_s: float) -> bytes:
    if not message_id.isascii() or not message_id.isprintable() or not 0 < len(message_id) <= _LONGEST_ID:
        raise BadName(f"{message_id!r} is not a message ID: use up to {_LONGEST_ID} printable characters")
    ttl = max(1, math.ceil(ttl_s))
    return f"NATS/1.0\r\nNats-Msg-Id: {message_id}\r\nNats-TTL: {ttl}\r\n\r\n".encode()


def _check(answer: Answer, subject: str) -> None:
    try:
        ack = _pub_ack.decode(answer.payload)
    except MALFORMED as error:
        raise NotStored(f"{subject}: the broker's answer is not an acknowledgement: {error}") from error
    if ack.error is not None and _FULL in ack.error.description:
        raise Overloaded(f"{subject}: the store of the domain is full: store it again later", FULL_WAIT_S)
    if ack.error is not None or not ack.stream:
        why = ack.error.description if ack.error is not None else "it names no stream"
        raise NotStored(f"{subject} was not stored: {why}")
