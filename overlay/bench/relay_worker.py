"""A process of a relay measurement, as the measuring process sees it: it is asked, and answers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from overlay.errors import Failed

_LINE_BYTES = 4 * 1024 * 1024


class Worker:
    """Made by `started`. `overlay.bench.relay_process`, or another such program, is its other end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def started(
        cls, job: msgspec.Struct, program: str = "overlay.bench.relay_process"
    ) -> AsyncIterator[Worker]:
        """It is ready in the block, and gone after it. Raises Failed."""
        words = ("-m", program, msgspec.json.encode(job).decode())
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdin=pipe, stdout=pipe, limit=_LINE_BYTES
        )
        worker = cls(process)
        try:
            await worker._answer()
            yield worker
        finally:
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()

    @property
    def pid(self) -> int:
        """Its process ID."""
        return self._process.pid

    async def ask(self, command: str) -> bytes:
        """Its answer, as JSON. Raises Failed when it has died."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        return await self._answer()

    async def _answer(self) -> bytes:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise Failed("a process of the measurement died; what it said stands above")
        return line
