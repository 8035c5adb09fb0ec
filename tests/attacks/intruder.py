"""Somebody inside, with a certificate and a client that tries whatever it is told, on either broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import aiormq
from aiormq.abc import AbstractConnection

from overlay.naming.mailboxes import Mailbox
from overlay.transport.address import BrokerKind, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.nats_stream import pull_subject
from overlay.transport.rabbitmq_queues import realtime_queue, stored_queue
from tests.admission.rabbitmq_domain import Attempt, consuming, getting, publishing, purging
from tests.admission.raw_client import RawClient
from tests.integration.people import LIMIT_S


class Intruder(Protocol):
    """What both brokers are asked for."""

    name: str

    async def may_publish(self, subject: str) -> bool:
        """Whether the broker takes a message on `subject`."""

    async def may_read(self, mailbox: Mailbox) -> list[str]:
        """By which ways the broker lets it at what is in `mailbox`; empty: by none."""

    async def may_read_all(self) -> list[str]:
        """By which patterns over everything it is let at anything."""


class NatsIntruder:
    """See `Intruder`."""

    def __init__(self, raw: RawClient) -> None:
        self.raw = raw
        self.name = raw.name

    async def may_publish(self, subject: str) -> bool:
        """See `Intruder`."""
        return await self.raw.may_publish(subject)

    async def may_read(self, mailbox: Mailbox) -> list[str]:
        """See `Intruder`."""
        its_own = [pattern for pattern in mailbox.realtime if mailbox.owner in pattern.split(".")]
        ways = [pattern for pattern in its_own if await self.raw.may_subscribe(pattern)]
        ways += [pattern for pattern in mailbox.stored if await self.raw.may_subscribe(pattern)]
        if mailbox.stored and await self.raw.may_publish(pull_subject(mailbox)):
            ways.append(pull_subject(mailbox))
        return ways

    async def may_read_all(self) -> list[str]:
        """See `Intruder`."""
        everything = (">", "*.>", "ov.>", "ov.rt.>", "ov.rel.>", "ov.*.*.chan.>", "ov.svc.>", "ov.link.>")
        own = ("_INBOX.>", "$SYS.>", "$JS.>", "_R_.>", "ovjs.>", "*.*.*.*.*.*")
        return [pattern for pattern in (*everything, *own) if await self.raw.may_subscribe(pattern)]


class RabbitIntruder:
    """See `Intruder`."""

    def __init__(self, connection: AbstractConnection, name: str) -> None:
        self.connection = connection
        self.name = name

    async def may(self, attempt: Attempt) -> bool:
        """Whether the broker lets it do this; each on a channel of its own, which a refusal closes."""
        channel = await self.connection.channel(publisher_confirms=True)
        try:
            async with asyncio.timeout(LIMIT_S):
                await attempt(channel)
        except (aiormq.exceptions.ChannelAccessRefused, aiormq.exceptions.ChannelPreconditionFailed):
            return False
        await channel.close()
        return True

    async def may_publish(self, subject: str) -> bool:
        """See `Intruder`."""
        return await self.may(publishing(subject))

    async def may_read(self, mailbox: Mailbox) -> list[str]:
        """See `Intruder`."""
        queues = [realtime_queue(mailbox), *([stored_queue(mailbox)] if mailbox.stored else [])]
        ways = (getting, consuming, purging)
        return [f"{way.__name__} {queue}" for queue in queues for way in ways if await self.may(way(queue))]

    async def may_read_all(self) -> list[str]:
        """See `Intruder`."""
        mine = f"inbox.{self.name}.rt"
        patterns = ("#", "ov.#", "ov.rt.#", "ov.*.*.chan.#", "ov.svc.#")
        return [pattern for pattern in patterns if await self.may(binding(mine, "ov", pattern))]


def binding(queue: str, exchange: str, pattern: str) -> Attempt:
    """Lets what matches come to the queue."""
    return lambda channel: channel.queue_bind(queue, exchange, pattern)


@asynccontextmanager
async def intrude(kind: BrokerKind, port: int, files: TlsFiles, name: str) -> AsyncIterator[Intruder]:
    """Connected for the block. Raises what the client raises when the broker lets nobody in."""
    if kind is BrokerKind.NATS:
        raw = RawClient(name)
        await raw.login(port, files)
        try:
            yield NatsIntruder(raw)
        finally:
            await raw.client.close()
        return
    url = f"amqps://localhost:{port}/?auth=external"
    connection = aiormq.Connection(url, context=client_tls(files))
    async with asyncio.timeout(LIMIT_S):
        await connection.connect()
    try:
        yield RabbitIntruder(connection, name)
    finally:
        await connection.close()
