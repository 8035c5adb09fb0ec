"""The domain's hands on its broker, whichever kind it is: the server, admission, provisioning.

A composition root: here, and nowhere else in this room, brokers have names.
"""

from __future__ import annotations

from overlay.brokers.contract import Broker
from overlay.brokers.nats_server import NatsServer
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.domain.config import DomainConfig
from overlay.domain.folder import DomainFolder
from overlay.errors import BadSettings
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind


def new_address(
    folder: DomainFolder, kind: BrokerKind, settings: Settings, host: str, port: int
) -> BrokerAddress:
    """Where the broker of a new domain will be. Raises BadSettings."""
    return _server(folder, kind, settings, host, port).address


def managed_broker(folder: DomainFolder, config: DomainConfig, settings: Settings) -> Broker | None:
    """The broker that `overlay up` starts; None when somebody else runs it."""
    if not config.managed:
        return None
    return _server(folder, config.broker, settings, config.address.host, config.address.port)


def _server(
    folder: DomainFolder, kind: BrokerKind, settings: Settings, host: str, port: int
) -> NatsServer | RabbitNode:
    match kind:
        case BrokerKind.NATS:
            return NatsServer(folder.broker, folder.broker_tls, settings, host=host, port=port)
        case BrokerKind.RABBITMQ:
            return RabbitNode(folder.broker, folder.broker_tls, settings, host=host, port=port)
        case BrokerKind.MEMORY:
            raise BadSettings("a broker in memory lives in tests only: choose nats or rabbitmq")
