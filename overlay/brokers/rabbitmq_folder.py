"""The folder of a RabbitMQ node: its ports and password, kept; what it reads, written anew at each start."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from overlay.brokers.account import Account
from overlay.brokers.ports import free_port
from overlay.brokers.rabbitmq_config import (
    LOOPBACK,
    REVOKED,
    RabbitLimits,
    RabbitPorts,
)
from overlay.brokers.rabbitmq_files import node_files
from overlay.errors import BadSettings
from overlay.private_files import read_private, write_private
from overlay.transport.address import TlsFiles


@dataclass(frozen=True, slots=True)
class KeptNode:
    """What stays the same over restarts. Whoever holds the password is the administrator of the node."""

    name: str
    ports: RabbitPorts
    admin_password: str = field(repr=False)


class RabbitFolder:
    """Everything of one node. What only we read is ours; `home`, `mnesia` and `log` are the account's."""

    def __init__(self, path: Path, account: Account) -> None:
        """Raises BadSettings."""
        self.path = account.outer_folder(path.absolute())
        self.account = account

    @property
    def log(self) -> Path:
        """The log of the node."""
        return self.path / "log" / "rabbit.log"

    @property
    def revoked(self) -> Path:
        """Where the revocation lists lie: ours, or a node that was broken into could empty it."""
        return self.account.outer_folder(self.path / REVOKED)

    @property
    def output(self) -> Path:
        """What the node prints."""
        return self.path / "output.log"

    def kept(self, listen: str, port: int) -> KeptNode:
        """What was kept, or is from now on; a `port` other than 0 replaces that. Raises BadSettings."""
        file = self.path / "node.json"
        if not file.exists():
            self._keep(_new_node(listen, port))
        try:
            node = msgspec.json.decode(read_private(file), type=KeptNode)
        except msgspec.MsgspecError as error:
            raise BadSettings(f"{file} is damaged ({error}): restore it, or remove the folder") from error
        if port in (0, node.ports.amqps):
            return node
        return self._keep(replace(node, ports=replace(node.ports, amqps=port)))

    def fresh_inner_ports(self, node: KeptNode) -> KeptNode:
        """Nobody but the node itself knows the ports of Erlang: free ones for each start."""
        ports = replace(node.ports, epmd=free_port(LOOPBACK), distribution=free_port(LOOPBACK))
        return self._keep(replace(node, ports=ports))

    def write(self, node: KeptNode, tls: TlsFiles, listen: str, limits: RabbitLimits) -> None:
        """What the node reads when it starts. Raises BadSettings."""
        self.account.check_passable(self.path)
        self.account.outer_folder(self.path / REVOKED)
        for name in ("home", "mnesia", "log"):
            self.account.inner_folder(self.path / name)
        files = node_files(self.path, node.ports, limits, tls, password=node.admin_password, listen=listen)
        files["environment"] = b""
        for name, data in files.items():
            self.account.write(self.path / name, data)
        cookie = self.path / "home" / ".erlang.cookie"
        if not cookie.exists():  # Erlang would draw one from the time of day
            self.account.write(cookie, secrets.token_hex(32).encode())

    def _keep(self, node: KeptNode) -> KeptNode:
        write_private(self.path / "node.json", msgspec.json.format(msgspec.json.encode(node)) + b"\n")
        return node


def _new_node(listen: str, port: int) -> KeptNode:
    ports = RabbitPorts(
        amqps=port or free_port(listen),
        management=free_port(LOOPBACK),
        epmd=free_port(LOOPBACK),
        distribution=free_port(LOOPBACK),
    )
    return KeptNode(f"overlay-{secrets.token_hex(8)}", ports, secrets.token_urlsafe(32))
