"""A process of a measurement does what it is told, a line at a time, and answers each with a line of JSON."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

import msgspec

_READY = "ready"
Obey = Callable[[list[str]], Awaitable[object]]


async def obey(do: Obey) -> None:
    """Commands from standard input, until it ends. `overlay.bench.relay_worker` is the other end."""
    lines = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    _say(_READY)
    while line := await lines.readline():
        _say(await do(line.decode().split()))


def _say(answer: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
