"""The domain's hands on its broker, whichever kind it is: the server, admission, provisioning.

A composition root: here, and nowhere else in this room, brokers have names.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from overlay.admission.contract import Admission, Door
from overlay.admission.doorkeeper import Doorkeeper, InsideOf
from overlay.admission.nats_callout import NatsCallout
from overlay.admission.nats_door import NatsDoor
from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_users import RabbitUsers
from overlay.brokers.contract import Broker
from overlay.brokers.nats_secrets import load_callout_secrets, load_or_make_secrets
from overlay.brokers.nats_server import NatsServer
from overlay.brokers.rabbitmq_config import ManagementAccess, conf_value
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.ca.revocation.denied_file import DeniedFile
from overlay.clock import system_clock
from overlay.domain.config import DomainConfig, management_address
from overlay.domain.folder import DomainFolder
from overlay.domain.root_files import RootFiles
from overlay.endpoint.home import Home
from overlay.errors import BadSettings
from overlay.naming.ids import ADMISSION, CA, PROVISIONER
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind, TlsFiles
from overlay.transport.contract import Provisioner
from overlay.transport.nats_provisioner import NatsProvisioner
from overlay.transport.rabbitmq_provisioner import RabbitProvisioner
from overlay.trust.bundle import TrustStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """What the CA's process holds of the broker."""

    admission: Admission
    provisioner: Provisioner


def new_address(
    folder: DomainFolder, kind: BrokerKind, settings: Settings, host: str, port: int
) -> BrokerAddress:
    """Where the broker of a new domain will be. Raises BadSettings, also for a folder it could not be in."""
    if kind is BrokerKind.RABBITMQ:
        conf_value(folder.path)
    return _server(folder, kind, settings, host, port).address


def managed_broker(folder: DomainFolder, config: DomainConfig, settings: Settings) -> Broker | None:
    """The broker that `overlay up` starts; None when somebody else runs it."""
    if not config.managed:
        return None
    return _server(folder, config.broker, settings, config.address.host, config.address.port)


@asynccontextmanager
async def broker_access(
    folder: DomainFolder,
    config: DomainConfig,
    settings: Settings,
    trust: TrustStore,
    inside: InsideOf,
) -> AsyncIterator[BrokerAccess]:
    """Admission, started, and a provisioner that has prepared the broker. `trust` decides who may come in,
    `inside` whether agents may publish straight to each other.

    Raises Unreachable, BadSettings.
    """
    async with AsyncExitStack() as stack:
        if config.broker is BrokerKind.NATS:
            yield await _nats(stack, folder, config, settings, trust, inside)
        else:
            yield await _rabbitmq(stack, folder, config, settings, inside)


async def _nats(
    stack: AsyncExitStack,
    folder: DomainFolder,
    config: DomainConfig,
    settings: Settings,
    trust: TrustStore,
    inside: InsideOf,
) -> BrokerAccess:
    tls = _tls(folder, CA, settings)
    secrets = load_or_make_secrets(folder.secrets)
    file = stack.enter_context(DeniedFile(folder.ca_store))
    doorkeeper = Doorkeeper(trust, file.denies, channels_of=file.channels_of, inside=inside)
    admission = NatsCallout(config.address, tls, secrets, doorkeeper, settings, on_error=_report)
    await admission.start()
    stack.push_async_callback(admission.stop)
    provisioner = await NatsProvisioner.connect(
        config.address, tls, secrets.provisioner_password, settings, _report
    )
    stack.push_async_callback(provisioner.close)
    await provisioner.prepare()
    return BrokerAccess(admission, provisioner)


@asynccontextmanager
async def second_door(
    folder: DomainFolder, config: DomainConfig, settings: Settings, doorkeeper: Doorkeeper
) -> AsyncIterator[Door]:
    """A started door beside the one of the CA's process. Raises Unreachable, BadSettings, also for a broker
    that lets parties in by itself.
    """
    if config.broker is not BrokerKind.NATS:
        raise BadSettings(f"{config.domain} is on {config.broker}, which lets parties in by itself")
    kept = folder.callout_secrets
    secrets = load_callout_secrets(kept) if kept.exists() else load_or_make_secrets(folder.secrets).callout
    tls = _tls(folder, ADMISSION, settings)
    door = NatsDoor(config.address, tls, secrets, doorkeeper, settings, on_error=_report)
    await door.start()
    try:
        yield door
    finally:
        await door.stop()


async def _rabbitmq(
    stack: AsyncExitStack, folder: DomainFolder, config: DomainConfig, settings: Settings, inside: InsideOf
) -> BrokerAccess:
    node = RabbitNode(
        folder.broker, folder.broker_tls, settings, host=config.address.host, port=config.address.port
    )
    management = RabbitManagement(_management(node, config), settings)
    stack.push_async_callback(management.close)

    # A node that somebody else runs sees the list if that folder is shared with it: docs/deployment.md.
    denied = stack.enter_context(DeniedFile(folder.ca_store))

    def deny(serial: int) -> None:
        for issuer in RootFiles(folder).load():  # while there are two, the node has a list of each
            lists = node.revocations(issuer.root, issuer.key, lambda: denied.unexpired(system_clock()))
            lists.deny(serial)

    admission = RabbitUsers(management, config.domain, settings, deny, inside)
    provisioner = await RabbitProvisioner.connect(
        config.address, _tls(folder, PROVISIONER, settings), settings
    )
    stack.push_async_callback(provisioner.close)
    await provisioner.prepare()
    await admission.start()
    stack.push_async_callback(admission.stop)
    return BrokerAccess(admission, provisioner)


def _management(node: RabbitNode, config: DomainConfig) -> ManagementAccess:
    if config.managed:
        return node.management
    host, port = management_address(config.management)
    return replace(node.management, port=port, host=host, address=host)


def _tls(folder: DomainFolder, name: str, settings: Settings) -> TlsFiles:
    tls = Home(folder.service(name)).load(settings).tls
    if tls is None:
        raise BadSettings(f"{folder.service(name)} holds no certificate files")
    return tls


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


def _report(where: str, error: Exception) -> None:
    _log.warning("%s: %s", where, error)
