"""Parties at the shared RabbitMQ, by plain AMQP clients: what the broker itself permits."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiormq
import pytest
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from pamqp.commands import Basic

from overlay.admission.permissions import grant_for
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.rabbitmq_provisioner import RabbitProvisioner
from overlay.transport.rabbitmq_queues import EXCHANGE
from overlay.trust.identity import Role
from tests.rabbitmq_live import LiveRabbit

PATIENCE_S = 30.0
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"

Attempt = Callable[[AbstractChannel], Awaitable[object]]


def fresh_name(prefix: str = "t") -> str:
    """A name that no other test has."""
    return f"{prefix}{secrets.token_hex(6)}"


class RabbitDomain:
    """Admits parties, makes their queues, connects them; closes what it opened."""

    def __init__(self, live: LiveRabbit) -> None:
        self.live = live
        self._connections: list[AbstractConnection] = []

    async def party(self, name: str, role: Role = Role.AGENT, peer: str = "") -> AbstractConnection:
        """A party that was admitted, has its queues and is connected."""
        files = await self.live.admitted(name, role, peer)
        await self.make_queues(name, role)
        return await self.connect(files)

    async def connect(self, files: TlsFiles) -> AbstractConnection:
        """Logs in by certificate."""
        url = f"amqps://localhost:{self.live.node.address.port}/?auth=external"
        connection = aiormq.Connection(url, context=client_tls(files))
        async with asyncio.timeout(PATIENCE_S):
            await connection.connect()
        self._connections.append(connection)
        return connection

    async def make_queues(self, name: str, role: Role) -> None:
        """As the provisioner: the queues of this party, bound."""
        provisioner = await RabbitProvisioner.connect(
            self.live.node.address, self.live.provisioner(), Settings()
        )
        try:
            await provisioner.ensure(grant_for(role, name).read)
        finally:
            await provisioner.close()

    async def close(self) -> None:
        """Closes what was opened."""
        await asyncio.gather(*(connection.close() for connection in self._connections))


@asynccontextmanager
async def domain_on(live: LiveRabbit) -> AsyncIterator[RabbitDomain]:
    """A domain that closes what it opened."""
    domain = RabbitDomain(live)
    try:
        yield domain
    finally:
        await domain.close()


def publishing(subject: str, *, exchange: str = EXCHANGE, copy_to: str = "") -> Attempt:
    """Publishes and waits for the broker's confirmation."""
    properties = Basic.Properties(headers={"CC": [copy_to]} if copy_to else None)
    return lambda channel: channel.basic_publish(
        b"hello", exchange=exchange, routing_key=subject, properties=properties
    )


def getting(queue: str) -> Attempt:
    """Takes a message, if there is one."""
    return lambda channel: channel.basic_get(queue)


def consuming(queue: str) -> Attempt:
    """Subscribes."""
    return lambda channel: channel.basic_consume(queue, _ignore)


def purging(queue: str) -> Attempt:
    """Empties the queue."""
    return lambda channel: channel.queue_purge(queue)


async def _ignore(message: DeliveredMessage) -> None:
    """Never called: nothing is published to what it reads."""


async def permitted(connection: AbstractConnection, attempt: Attempt) -> None:
    """Asserts that the broker lets the party do this."""
    channel = await connection.channel(publisher_confirms=True)
    async with asyncio.timeout(PATIENCE_S):
        await attempt(channel)
    await channel.close()


async def refused(connection: AbstractConnection, attempt: Attempt) -> None:
    """Asserts that the broker refuses it, for want of permission."""
    channel = await connection.channel(publisher_confirms=True)
    with pytest.raises(aiormq.exceptions.ChannelAccessRefused):
        async with asyncio.timeout(PATIENCE_S):
            await attempt(channel)


async def next_message(connection: AbstractConnection, queue: str) -> DeliveredMessage:
    """The next message of a queue."""
    arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
    channel = await connection.channel()
    await channel.basic_consume(queue, arrived.put, no_ack=True)
    async with asyncio.timeout(PATIENCE_S):
        message = await arrived.get()
    await channel.close()
    return message


def greeting(port: int, tls: TlsFiles | None) -> bytes:
    """What the broker says first to a client that speaks AMQP; nothing when it hangs up. Blocks."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as plain:
            if tls is None:
                return _first_words(plain)
            with client_tls(tls).wrap_socket(plain, server_hostname="localhost") as sealed:
                return _first_words(sealed)
    except (ssl.SSLError, ConnectionError):
        return b""


def _first_words(connection: socket.socket) -> bytes:
    connection.sendall(AMQP_HEADER)
    return connection.recv(65536)
