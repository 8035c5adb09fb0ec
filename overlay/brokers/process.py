"""A server process that outlives whoever started it, and is found again by its pid file."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from overlay.brokers.pid_file import PidFile
from overlay.errors import BadSettings, Unavailable

_LOOK_AGAIN_S = 0.02
_READY_AGAIN_S = 0.05
_KILL_WAIT_S = 10.0


class ServerProcess:
    """One server process. `what` names it in errors."""

    def __init__(self, pid_file: Path, what: str) -> None:
        self._pid_file = PidFile(pid_file)
        self._what = what

    @property
    def pid(self) -> int | None:
        """Its process ID, while it runs."""
        process = self._pid_file.find()
        return None if process is None else process.pid

    def running(self) -> bool:
        """Whether it lives."""
        return self._pid_file.find() is not None

    def start(self, command: Sequence[str], *, output: Path, environment: Mapping[str, str]) -> int:
        """Start it in a session of its own, so that it sees no Ctrl-C of ours; what it prints replaces
        `output` (mode 0600). Returns its process ID; it may have ended by then (`running`). Raises
        BadSettings when it cannot be run.
        """
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        try:
            pid = os.posix_spawn(command[0], list(command), environment, file_actions=files, setsid=True)
        except OSError as error:
            raise BadSettings(f"{command[0]} cannot be run: {error.strerror}") from error
        self.adopt(pid)
        return pid

    def adopt(self, pid: int) -> None:
        """Remember `pid` as the server: it was started by a script that we started."""
        self._pid_file.write(pid)

    def forget(self) -> None:
        """It ends by itself now."""
        self._pid_file.remove()

    async def stop(self, limit_s: float) -> None:
        """SIGTERM; after `limit_s` SIGKILL to its whole session. Returns when it is gone. Idempotent.

        Raises Unavailable if it cannot be ended.
        """
        process = self._pid_file.find()
        if process is not None:
            _signal(process, signal.SIGTERM)
            if not await self.ended(limit_s):
                _kill_group(process)
                if not await self.ended(_KILL_WAIT_S):
                    raise Unavailable(f"{self._what} (process {process.pid}) cannot be ended")
        self._pid_file.remove()

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        process = self._pid_file.find()
        if process is not None:
            _signal(process, number)

    async def ready(self, look: Callable[[], None], *, limit_s: float, reason: Callable[[], str]) -> None:
        """Returns once `look`, which may block, does not raise Unavailable. Raises BadSettings when the
        process has ended, Unavailable after `limit_s`; both say the `reason`.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + limit_s
        while True:
            try:
                return await asyncio.to_thread(look)
            except Unavailable as error:
                if not self.running():
                    raise BadSettings(f"{self._what} did not start: {reason()}") from error
                if loop.time() >= until:
                    raise Unavailable(f"{self._what} does not answer: {error}; {reason()}") from error
            await asyncio.sleep(_READY_AGAIN_S)

    async def ended(self, limit_s: float) -> bool:
        """Whether it ends within `limit_s`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + limit_s
        while self.running():
            if loop.time() >= until:
                return False
            await asyncio.sleep(_LOOK_AGAIN_S)
        return True


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _kill_group(process: psutil.Process) -> None:
    """The process leads its own group (`setsid`), unless it was adopted: then only itself is ours to kill."""
    try:
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, psutil.NoSuchProcess):
        return
