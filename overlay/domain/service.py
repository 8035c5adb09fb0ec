"""A domain as one background process, the supervisor's: started, found again, stopped."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

from overlay.domain.broker_access import managed_broker
from overlay.domain.child import SUPERVISOR, process_of
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.parts import MOST_GATEWAYS, gateways, parts_of
from overlay.domain.readiness import ReadyPipe, Tell, nobody_hears
from overlay.domain.supervisor import Supervisor
from overlay.errors import Refused
from overlay.private_files import private_folder
from overlay.settings import load_settings
from overlay.turn import turn


class Service:
    """The supervisor's process of one domain."""

    def __init__(self, folder: DomainFolder) -> None:
        self._folder = folder
        self._settings = load_settings(folder.settings)
        self._parts = parts_of(load_config(folder.config).broker, self._settings)
        private_folder(folder.run)
        self._process = process_of(folder, SUPERVISOR)
        self._lock = folder.run / "up.lock"  # one `overlay up` at a time

    def running(self) -> bool:
        """Whether the supervisor lives."""
        return self._process.running()

    async def start(self, tell: Tell = nobody_hears) -> bool:
        """Returns when everything serves; False if it did so before. `tell` hears of each part that does.
        Raises Unavailable with the reason.
        """
        async with turn(self._lock):
            if self.running():
                return False
            await self._start(tell)
            return True

    async def _start(self, tell: Tell) -> None:
        pipe = ReadyPipe()
        os.set_inheritable(pipe.writer, True)
        log = self._folder.run / "supervisor.log"
        command = [sys.executable, "-m", "overlay.cli.main", "serve", "all"]
        arguments = ["--home", str(self._folder.path), "--ready-fd", str(pipe.writer)]
        limit_s = self._settings.service_start_timeout_s * (len(self._parts) + 1)
        try:
            self._process.start([*command, *arguments], output=log, environment=dict(os.environ))
            await pipe.wait(f"the domain (log: {log})", limit_s, tell)
        except BaseException:
            await self._process.stop(self._stop_limit_s)
            raise
        finally:
            pipe.close()

    async def stop(self) -> bool:
        """Returns when everything is gone, leftovers of a killed supervisor too; False if nothing ran."""
        ran = self.running()
        await self._process.stop(self._stop_limit_s)
        spare = gateways(MOST_GATEWAYS)  # they may have been more than the settings say now
        for part in dict.fromkeys((*reversed(spare), *reversed(self._parts))):
            left = process_of(self._folder, part)
            ran = left.running() or ran
            await left.stop(self._settings.service_stop_timeout_s)
        broker = managed_broker(self._folder, load_config(self._folder.config), self._settings)
        if broker is not None and broker.running():
            ran = True
            await broker.stop()
        return ran

    async def stay(self, ready: Callable[[], None], tell: Tell) -> None:
        """Supervise in this process until cancelled; `tell` hears of each part that serves, and `ready` is
        called when all do.
        """
        async with turn(self._lock):
            if self.running():
                raise Refused("this domain is up already: `overlay down` stops it")
            self._process.adopt(os.getpid())
        try:
            await supervise(self._folder, ready, tell)
        finally:
            self._process.forget()

    @property
    def _stop_limit_s(self) -> float:
        return self._settings.service_stop_timeout_s * (len(self._parts) + 2)


async def supervise(folder: DomainFolder, ready: Callable[[], None], tell: Tell) -> None:
    """Start everything, keep it running until cancelled, stop everything."""
    supervisor = Supervisor(folder)
    await supervisor.start(tell)
    try:
        ready()
        await supervisor.keep()
    finally:
        await asyncio.shield(supervisor.stop())
