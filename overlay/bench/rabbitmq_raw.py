"""The bare AMQP client, beside which the overlay's logins at RabbitMQ are measured."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiormq
from aiormq.exceptions import AMQPError
from yarl import URL

from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_permissions import RabbitPermissions
from overlay.bench.logins import Close, Login
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.endpoint.party import Party
from overlay.errors import BadSettings, Unreachable
from overlay.settings import load_settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.rabbitmq_queues import EXCHANGE

_ANYTHING = RabbitPermissions(".*", ".*", ".*", ".*", ".*")
_SUBJECT = "bench.login"


@asynccontextmanager
async def may_do_anything(folder: DomainFolder, name: str) -> AsyncIterator[BrokerAddress]:
    """At the domain's own node, this user; where that is."""
    settings, config = load_settings(folder.settings), load_config(folder.config)
    address = config.address
    node = RabbitNode(folder.broker, folder.broker_tls, settings, host=address.host, port=address.port)
    management = RabbitManagement(node.management, settings)
    try:
        await management.put_user(name, _ANYTHING)
        yield address
    finally:
        await management.close()


@asynccontextmanager
async def raw_rabbitmq_login(folder: DomainFolder, plain: Party) -> AsyncIterator[Login]:
    """At the same node, as a user who may do anything."""
    if plain.tls is None:
        raise BadSettings(f"{plain.id} has no certificate files")
    async with may_do_anything(folder, plain.id.name) as address:
        yield _RawLogin(address.host, address.port, plain.tls)


class _RawLogin:
    def __init__(self, host: str, port: int, tls: TlsFiles) -> None:
        self._url = URL.build(scheme="amqps", host=host, port=port, path="//", query={"auth": "external"})
        self._tls = tls

    async def __call__(self) -> Close:
        connection = aiormq.Connection(self._url, context=client_tls(self._tls))
        try:
            await connection.connect()
            channel = await connection.channel(publisher_confirms=True)
            await channel.basic_publish(b"", exchange=EXCHANGE, routing_key=_SUBJECT)
        except (TimeoutError, OSError, AMQPError) as error:
            raise Unreachable(f"the bare login failed: {error!r}") from error
        return connection.close
