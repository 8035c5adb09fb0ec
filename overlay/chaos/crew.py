"""The worker processes of a chaos run: started, told what to do, killed, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from overlay.chaos.duty import Duty, Role, to_bytes
from overlay.chaos.judge import Killed
from overlay.chaos.orders import PUT_OUT, STOP

_LEAVE_S = 30.0


class Worker:
    """One agent, whose processes follow each other."""

    def __init__(self, duty: Duty, log: Path, again_s: float) -> None:
        self.duty = duty
        self._log = log
        self._again_s = again_s
        self._number = 0
        self._process: asyncio.subprocess.Process | None = None
        self._leaving = False
        self._standing: list[str] = []
        """What each further process is told, too."""
        self.killed: list[Killed] = []
        self.failed: list[str] = []
        """Processes that ended by themselves."""

    @property
    def process(self) -> str:
        """The current one, as records name it."""
        return f"{self.duty.process}#{self._number}"

    async def start(self) -> None:
        """The next process."""
        self._number += 1
        duty = msgspec.structs.replace(self.duty, process=self.process, running=self._number > 1)
        log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        command = [sys.executable, "-m", "overlay.chaos.worker", to_bytes(duty).decode()]
        try:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        finally:
            os.close(log)
        for order in self._standing:
            await self._say(order)

    async def keep(self) -> None:
        """Another one whenever one ends, until cancelled."""
        while True:
            process, name = self._process, self.process
            if process is None:
                return
            code = await process.wait()
            if self._leaving:
                return
            if not any(one.process == name for one in self.killed):
                self.failed.append(f"{name} ended with code {code}: see {self._log.name}")
            await asyncio.sleep(self._again_s)
            await self.start()

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None and self._process.returncode is None:
            self.killed.append(Killed(self.process, time.monotonic()))
            self._process.kill()

    def signal(self, number: signal.Signals) -> None:
        """Any other signal."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def tell(self, order: str) -> None:
        """One line; one that is dead hears nothing."""
        if order in (PUT_OUT, STOP):
            self._standing.append(order)
        await self._say(order)

    async def _say(self, order: str) -> None:
        if self._process is None or self._process.stdin is None or self._process.returncode is not None:
            return
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(order.encode() + b"\n")
            await self._process.stdin.drain()

    async def leave(self) -> None:
        """In order, or by force. Returns when it is gone."""
        self._leaving = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_LEAVE_S):
                await process.wait()
        except TimeoutError:
            self.failed.append(f"{self.process} did not leave within {_LEAVE_S:g} s")
            process.kill()
            await process.wait()


class Crew:
    """All of them."""

    def __init__(self, workers: Iterable[Worker]) -> None:
        self.workers = list(workers)

    def of(self, role: Role) -> list[Worker]:
        """Those in one role, in the order of their domains."""
        return [worker for worker in self.workers if worker.duty.role is role]

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """For the block."""
        keeping: list[asyncio.Task[None]] = []
        try:
            for worker in self.workers:
                await worker.start()
                keeping.append(asyncio.create_task(worker.keep()))
            yield
        finally:
            await asyncio.gather(*(worker.leave() for worker in self.workers))
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)

    async def tell(self, order: str) -> None:
        """All of them."""
        await asyncio.gather(*(worker.tell(order) for worker in self.workers))

    @property
    def killed(self) -> list[Killed]:
        """Which processes we killed."""
        return [one for worker in self.workers for one in worker.killed]

    @property
    def failed(self) -> list[str]:
        """Which ended that nobody killed."""
        return [one for worker in self.workers for one in worker.failed]
