"""A domain's own nats-server: started, found again, stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from overlay.brokers.nats_config import nats_config
from overlay.brokers.nats_files import server_config, server_name
from overlay.brokers.nats_probe import probe
from overlay.brokers.nats_secrets import NatsSecrets, load_or_make_secrets
from overlay.brokers.ports import check_port, free_port, own_address
from overlay.brokers.process import ServerProcess
from overlay.brokers.programs import find_nats_server
from overlay.brokers.startup_log import reason_in
from overlay.errors import BadSettings
from overlay.private_files import check_private, private_folder, write_private
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, BrokerKind, TlsFiles

_PROBE_S = 2.0
_GRAVEST_FIRST = ("[FTL]", "nats-server:", "[ERR]")


class NatsServer:
    """A `Broker`. `host` is what parties call it, and what its certificate must hold; `listen` the local
    address to listen on, if another. Port 0 takes a free one, and keeps it from then on.
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
        self._folder = private_folder(folder).absolute()
        self._tls = tls
        self._settings = settings
        self._host = host
        self._listen = listen or host
        self._port = port or self._kept_port()
        self._process = ServerProcess(self._folder / "pid", "nats-server")
        self.secrets: NatsSecrets = load_or_make_secrets(self._folder / "secrets.json")

    @property
    def address(self) -> BrokerAddress:
        """Where parties reach it."""
        return BrokerAddress(BrokerKind.NATS, self._host, self._port)

    @property
    def log(self) -> Path:
        """Its log file."""
        return self._folder / "nats.log"

    def running(self) -> bool:
        """Whether its process is there."""
        return self._process.running()

    async def start(self) -> None:
        """See `Broker.start`."""
        if self.running():
            await self._answers(self._log_size())
            return
        program = find_nats_server(self._settings.nats_server)
        check_port(self._listen, self._port)
        self._write_files()
        logged = self._log_size()
        command = [str(program), "-c", str(self._folder / "nats.conf")]
        self._process.start(command, output=self._output, environment=dict(os.environ))
        try:
            await self._answers(logged)
        except BaseException:
            await self._process.stop(self._settings.nats_stop_timeout_s)
            raise

    async def refresh(self) -> None:
        """See `Broker.refresh`."""
        self._process.tell(signal.SIGHUP)

    async def stop(self) -> None:
        """See `Broker.stop`."""
        await self._process.stop(self._settings.nats_stop_timeout_s)

    async def _answers(self, logged: int) -> None:
        limit_s = self._settings.nats_start_timeout_s
        await self._process.ready(self._probe, limit_s=limit_s, reason=lambda: self._reason(logged))

    def _probe(self) -> None:
        listen, name, ca = own_address(self._listen), self._name, self._tls.ca
        probe(listen, self._port, host=self._host, ca=ca, name=name, limit_s=_PROBE_S)

    @property
    def _name(self) -> str:
        return server_name(self.secrets)

    @property
    def _output(self) -> Path:
        return self._folder / "output.log"

    def _write_files(self) -> None:
        check_private(self._tls.key)
        config = server_config(
            self._settings,
            self.secrets,
            listen=self._listen,
            port=self._port,
            tls=TlsFiles(*(path.absolute() for path in (self._tls.ca, self._tls.certificate, self._tls.key))),
            store=private_folder(self._folder / "store"),
            log=self.log,
        )
        write_private(self._folder / "nats.conf", nats_config(config).encode())
        if not self.log.exists():
            write_private(self.log, b"")

    def _kept_port(self) -> int:
        """The port drawn before, so that addresses that were handed out stay good."""
        file = self._folder / "port"
        try:
            return int(file.read_text())
        except FileNotFoundError:
            port = free_port(self._listen)
            write_private(file, f"{port}\n".encode())
            return port
        except ValueError as error:
            raise BadSettings(
                f"{file} holds no port: remove it, or write the broker's port into it"
            ) from error

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def _reason(self, logged: int) -> str:
        """From what was written since this start."""
        written = self._output.read_bytes() if self._output.exists() else b""
        if self.log.exists():
            written += self.log.read_bytes()[logged:]
        return reason_in(written.decode(errors="replace"), _GRAVEST_FIRST)
