"""Bare brokers beside the domains of a federation, of the same kinds, with the same certificates."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.bench.rabbitmq_raw import may_do_anything
from overlay.bench.raw_nats import bare_server
from overlay.bench.relay_jobs import Place
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.home import Home
from overlay.errors import Unreachable
from overlay.naming.ids import OPERATOR
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind, TlsFiles

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
    async with may_do_anything(folder, _NAME) as address:
        yield _place(BrokerKind.RABBITMQ, address.host, address.port, tls)


def _place(kind: BrokerKind, host: str, port: int, tls: TlsFiles | None) -> Place:
    if tls is None:
        raise Unreachable("there are no certificate files for a bare client")
    return Place(kind, host, port, str(tls.ca), str(tls.certificate), str(tls.key))
