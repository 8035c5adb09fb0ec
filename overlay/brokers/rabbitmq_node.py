"""A domain's own RabbitMQ: started, found again, stopped."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from cryptography import x509

from overlay.brokers.account import Account
from overlay.brokers.ports import check_port, own_address
from overlay.brokers.process import ServerProcess
from overlay.brokers.rabbitmq_config import (
    LOOPBACK,
    ManagementAccess,
    epmd_command,
    node_environment,
)
from overlay.brokers.rabbitmq_files import rabbit_limits
from overlay.brokers.rabbitmq_folder import RabbitFolder
from overlay.brokers.rabbitmq_probe import probe, probe_management
from overlay.brokers.rabbitmq_program import find_epmd, find_rabbitmq_server, find_rabbitmqctl
from overlay.brokers.rabbitmq_revocations import Denied, RabbitRevocations
from overlay.brokers.startup_log import reason_in
from overlay.errors import BadSettings, Unavailable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind, TlsFiles
from overlay.trust.keys import SigningKey

_PROBE_S = 5.0
_EPMD_LIMIT_S = 20.0
_GRAVEST_FIRST = ("[error]", "rror")


class RabbitNode:
    """A `Broker`. `host` is what parties call it, and what its certificate must hold; `listen` the local
    address to listen on, if another. Port 0 takes a free one, and keeps it from then on. The management
    interface listens on loopback only, with the same certificate.
    """

    def __init__(
        self,
        folder: Path,
        tls: TlsFiles,
        settings: Settings,
        *,
        host: str = "localhost",
        port: int = 0,
        listen: str = "",
    ) -> None:
        """Raises BadSettings when the folder, or what is in it, cannot be used."""
        self._folder = RabbitFolder(folder, Account.for_servers())
        self._tls = tls
        self._settings = settings
        self._host = host
        self._listen = listen or host
        self._kept = self._folder.kept(self._listen, port)
        self._process = ServerProcess(self._folder.path / "pid", "RabbitMQ")
        self._epmd = ServerProcess(self._folder.path / "epmd.pid", "RabbitMQ's epmd")

    @property
    def address(self) -> BrokerAddress:
        """Where parties reach it."""
        return BrokerAddress(BrokerKind.RABBITMQ, self._host, self._kept.ports.amqps)

    @property
    def management(self) -> ManagementAccess:
        """Where and how its management interface is reached."""
        kept = self._kept
        return ManagementAccess(kept.ports.management, self._host, self._tls.ca, kept.admin_password)

    def revocations(
        self, root: x509.Certificate, key: SigningKey, denied: Denied | None = None
    ) -> RabbitRevocations:
        """The certificates under `root` that it turns away; `key` is the root's. See `RabbitRevocations`."""
        return RabbitRevocations(self._folder, root, key, denied)

    @property
    def log(self) -> Path:
        """Its log file."""
        return self._folder.log

    def running(self) -> bool:
        """Whether its process is there."""
        return self._process.running()

    async def start(self) -> None:
        """See `Broker.start`."""
        if self.running():
            await self._answers(self._log_size())
            return
        server, epmd = find_rabbitmq_server(self._settings.rabbitmq_server), find_epmd()
        await self._epmd.stop(self._settings.rabbitmq_stop_timeout_s)  # one that outlived its node
        check_port(self._listen, self._kept.ports.amqps)
        check_port(LOOPBACK, self._kept.ports.management)
        self._kept = self._folder.fresh_inner_ports(self._kept)
        self._folder.write(self._kept, self._tls, _ip(self._listen), rabbit_limits(self._settings))
        logged = self._log_size()
        try:
            await self._start_epmd(epmd)
            self._spawn(self._process, (str(server),), self._folder.output)
            await self._answers(logged)
        except BaseException:
            await self.stop()
            raise

    async def refresh(self) -> None:
        """See `Broker.refresh`. By itself Erlang looks at the files again after two minutes."""
        self._folder.write(self._kept, self._tls, _ip(self._listen), rabbit_limits(self._settings))
        program = find_rabbitmqctl(self._settings.rabbitmq_server)
        environment = node_environment(self._folder.path, self._kept.name, self._kept.ports)
        words = (str(program), "-n", f"{self._kept.name}@localhost", "eval", "ssl:clear_pem_cache().")
        process = await asyncio.create_subprocess_exec(
            *self._folder.account.command(words),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(self._settings.rabbitmq_start_timeout_s):
                said, _ = await process.communicate()
        except BaseException:
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise
        if process.returncode:
            raise Unavailable(
                f"RabbitMQ does not read its certificates again: {said.decode()[-300:].strip()}"
            )

    async def stop(self) -> None:
        """See `Broker.stop`."""
        try:
            await self._process.stop(self._settings.rabbitmq_stop_timeout_s)
        finally:
            await self._epmd.stop(self._settings.rabbitmq_stop_timeout_s)

    def _spawn(self, process: ServerProcess, command: tuple[str, ...], output: Path) -> None:
        environment = node_environment(self._folder.path, self._kept.name, self._kept.ports)
        process.start(self._folder.account.command(command), output=output, environment=environment)

    async def _start_epmd(self, program: Path) -> None:
        output = self._folder.path / "epmd.log"
        self._spawn(self._epmd, epmd_command(program, self._kept.ports), output)
        where = (LOOPBACK, self._kept.ports.epmd)

        def look() -> None:
            try:
                socket.create_connection(where, timeout=_PROBE_S).close()
            except OSError as error:
                raise Unavailable(f"nothing answers yet on port {where[1]}: {error}") from error

        def reason() -> str:
            return reason_in(_text(output), _GRAVEST_FIRST)

        await self._epmd.ready(look, limit_s=_EPMD_LIMIT_S, reason=reason)

    async def _answers(self, logged: int) -> None:
        limit_s = self._settings.rabbitmq_start_timeout_s
        await self._process.ready(self._probe, limit_s=limit_s, reason=lambda: self._reason(logged))

    def _probe(self) -> None:
        port = self._kept.ports.amqps
        probe_management(self.management, listener=port, limit_s=_PROBE_S)
        probe(own_address(self._listen), port, host=self._host, ca=self._tls.ca, limit_s=_PROBE_S)

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _reason(self, logged: int) -> str:
        """From what was written since this start."""
        return reason_in(_text(self._folder.output) + _text(self.log, logged), _GRAVEST_FIRST)


def _ip(host: str) -> str:
    """RabbitMQ takes no names to listen on. Of several addresses IPv4, which every client tries."""
    try:
        found = sorted(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM), key=lambda row: row[0])
    except socket.gaierror as error:
        raise BadSettings(f"{host!r} is not a host that can be resolved: {error.strerror}") from error
    return str(found[0][4][0])


def _text(path: Path, start: int = 0) -> str:
    return path.read_bytes()[start:].decode(errors="replace") if path.exists() else ""
