"""A process and its parent: the child says that it is ready, or why not; and ends when the parent dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from overlay.errors import TimedOut, Unavailable

_READY = b"+"
_PROGRESS = b"~"
_LIMIT = 4096
Tell = Callable[[str], None]


def nobody_hears(_: str) -> None:
    """For those who do not tell how far it is."""


class ReadyPipe:
    """The parent's side: let the child inherit `writer`, `wait`, and in any case `close`."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        self._open = {self._reader, self.writer}

    def close(self) -> None:
        """Nobody waits any more. Idempotent."""
        for descriptor in list(self._open):
            self._close(descriptor)

    async def wait(self, what: str, limit_s: float, tell: Tell) -> None:
        """Returns when the child said that it is ready; `tell` hears how far it is. Raises Unavailable with
        what it said instead, or when it ended without a word; TimedOut after `limit_s`.
        """
        self._close(self.writer)  # the child has its copy: now its end is seen
        loop = asyncio.get_running_loop()
        stream = asyncio.StreamReader()
        self._open.discard(self._reader)
        pipe = os.fdopen(self._reader, "rb", buffering=0)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
        try:
            async with asyncio.timeout(limit_s):
                said = await stream.read(1)
                while said == _PROGRESS:
                    line = (await stream.readline()).decode(errors="replace").strip()
                    tell(line)
                    said = await stream.read(1)
                if said == _READY:
                    return
                said += await stream.read(_LIMIT)
        except TimeoutError as error:
            raise TimedOut(f"{what} was not ready within {limit_s:g} s") from error
        finally:
            transport.close()
        raise Unavailable(said.decode(errors="replace").strip() or f"{what} ended before it was ready")

    def _close(self, descriptor: int) -> None:
        if descriptor in self._open:
            self._open.discard(descriptor)
            os.close(descriptor)


class ReadyWord:
    """The child's side. Without a descriptor it says nothing."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            os.set_inheritable(descriptor, False)

    def ready(self) -> None:
        """We serve. Only the first word counts."""
        self._say(_READY)

    def progress(self, text: str) -> None:
        """We do not serve yet, but are so far: one line."""
        if self._descriptor is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._descriptor, _PROGRESS + text.encode() + b"\n")

    def failed(self, why: str) -> None:
        """We shall never serve."""
        self._say(why.encode()[:_LIMIT])

    def _say(self, word: bytes) -> None:
        if self._descriptor is None:
            return
        with contextlib.suppress(BrokenPipeError):  # the parent is gone; we serve all the same
            os.write(self._descriptor, word)
        os.close(self._descriptor)
        self._descriptor = None


async def while_parent_lives(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` until it ends or our standard input does, whose other end our parent holds."""
    task = asyncio.ensure_future(work)
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), sys.stdin
    )
    end = asyncio.ensure_future(stream.read())
    try:
        await asyncio.wait({task, end}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        transport.close()
        for left in (task, end):
            left.cancel()
        await asyncio.gather(task, end, return_exceptions=True)
