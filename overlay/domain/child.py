"""One service process under the supervisor: started, watched, started again when it dies, stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from overlay.backoff import Backoff
from overlay.brokers.process import ServerProcess
from overlay.domain.folder import DomainFolder
from overlay.domain.readiness import ReadyPipe, nobody_hears
from overlay.errors import OverlayError
from overlay.settings import Settings

_log = logging.getLogger(__name__)
_LONGEST_PAUSE = 30
SUPERVISOR = "supervisor"


class Child:
    """The process `overlay serve <part>` of one domain. `broker` is set while the broker serves; None: nobody
    here knows.
    """

    def __init__(
        self, part: str, folder: DomainFolder, settings: Settings, broker: asyncio.Event | None = None
    ) -> None:
        self.part = part
        self._home = folder.path
        self._log = folder.run / f"{part}.log"
        self._found = process_of(folder, part)
        self._settings = settings
        self._broker = broker
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Returns when the service serves; one that a killed supervisor left is ended first. Raises
        Unavailable with its reason.
        """
        await self._found.stop(self._settings.service_stop_timeout_s)
        pipe = ReadyPipe()
        try:
            await self._spawn(pipe)
            await pipe.wait(
                f"{self.part} (log: {self._log})", self._settings.service_start_timeout_s, nobody_hears
            )
        except BaseException:
            await self.stop()
            raise
        finally:
            pipe.close()

    async def _spawn(self, pipe: ReadyPipe) -> None:
        command = [sys.executable, "-m", "overlay.cli.main", "serve", self.part]
        arguments = ["--home", str(self._home), "--ready-fd", str(pipe.writer), "--lifeline"]
        with _append_private(self._log) as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                *arguments,
                stdin=asyncio.subprocess.PIPE,  # never written: its end tells the child that we died
                stdout=log,
                stderr=log,
                pass_fds=(pipe.writer,),
                start_new_session=True,
            )

    async def keep(self) -> None:
        """Start it again whenever it dies, with growing pauses; for ever, until cancelled."""
        shortest = self._settings.service_restart_wait_s
        pauses = Backoff(shortest, _LONGEST_PAUSE * shortest)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            if self._process is not None:
                code = await self._process.wait()
                _log.warning("%s ended with code %s; starting it again", self.part, code)
            if loop.time() - begun > _LONGEST_PAUSE * shortest:
                pauses.reset()
            await asyncio.sleep(pauses.failed())
            if (
                self._broker is not None and not self._broker.is_set()
            ):  # in vain until then, and late after it, for the pauses grow
                await self._broker.wait()
                pauses.reset()
            begun = loop.time()
            try:
                await self.start()
            except (OverlayError, OSError) as error:
                _log.warning("%s did not start: %s", self.part, error)
                self._process = None

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL after a while. Returns when it is gone. Idempotent."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._settings.service_stop_timeout_s):
                await process.wait()
        except TimeoutError:
            _log.warning("%s does not stop; killing it", self.part)
            process.kill()
            await process.wait()


def process_of(folder: DomainFolder, part: str) -> ServerProcess:
    """The process of a part, which remembers itself there."""
    return ServerProcess(folder.run / f"{part}.pid", part)


@contextlib.contextmanager
def _append_private(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
