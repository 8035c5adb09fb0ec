"""Bare brokers beside the domains of a federation, of the same kinds, with the same certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_permissions import RabbitPermissions
from overlay.bench.raw_nats import bare_server
from overlay.bench.relay_jobs import Place
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.home import Home
from overlay.errors import Unreachable
from overlay.naming.ids import OPERATOR
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind, TlsFiles

_ANYTHING = RabbitPermissions(".*", ".*", ".*", ".*", ".*")
_NAME = "bare"


@asynccontextmanager
async def bare_place(folder: DomainFolder) -> AsyncIterator[Place]:
    """A bare nats-server; RabbitMQ takes long to start, so there it is the domain's own node, as a user who
    may do anything.
    """
    settings, config = load_settings(folder.settings), load_config(folder.config)
    if config.broker is BrokerKind.NATS:
        tls = Home(folder.service(OPERATOR)).load(settings).tls
        async with bare_server(folder.broker_tls, settings.nats_server) as port:
            yield _place(BrokerKind.NATS, "localhost", port, tls)
        return
    tls = Home(await resident(folder, _NAME, ())).load(settings).tls
    address = config.address
    node = RabbitNode(folder.broker, folder.broker_tls, settings, host=address.host, port=address.port)
    management = RabbitManagement(node.management, settings)
    try:
        await management.put_user(_NAME, _ANYTHING)
        yield _place(BrokerKind.RABBITMQ, address.host, address.port, tls)
    finally:
        await management.close()


def _place(kind: BrokerKind, host: str, port: int, tls: TlsFiles | None) -> Place:
    if tls is None:
        raise Unreachable("there are no certificate files for a bare client")
    return Place(kind, host, port, str(tls.ca), str(tls.certificate), str(tls.key))
