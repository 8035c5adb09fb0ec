"""Chunks of a file by bare requests and answers, for comparison."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg

from overlay.bench.file_jobs import Fetched, FileJob, FileRole
from overlay.bench.obeying import obey
from overlay.bench.raw_nats import bare_client
from overlay.errors import Failed
from overlay.transport.address import TlsFiles

_SUBJECT = "bench.file"
_WAIT_S = 60.0


async def work_barely(job: FileJob) -> None:
    """One process of the bare side: `serve`, or `pull`. Raises Failed without a broker."""
    if job.place is None:
        raise Failed("a bare client is told where its broker is")
    tls = TlsFiles(Path(job.place.ca), Path(job.place.certificate), Path(job.place.key))
    client = await bare_client(job.place.port, tls)
    try:
        await obey(_serving(client, job) if job.role is FileRole.BARE_HOLD else _pulling(client, job))
    finally:
        await client.close()


def _serving(client: Client, job: FileJob) -> Callable[[list[str]], Awaitable[object]]:
    async def serve(words: list[str]) -> object:
        file = await asyncio.to_thread(Path(words[1]).open, "rb")

        async def one(message: Msg) -> None:
            file.seek(int(message.data) * job.chunk_bytes)
            await message.respond(file.read(job.chunk_bytes))

        await client.subscribe(_SUBJECT, cb=one)
        await client.flush()
        return None

    return serve


def _pulling(client: Client, job: FileJob) -> Callable[[list[str]], Awaitable[object]]:
    async def pull(words: list[str]) -> object:
        numbers, got, begun = iter(range(int(words[1]))), [0], time.perf_counter()

        async def some() -> None:
            for number in numbers:
                answer = await client.request(_SUBJECT, str(number).encode(), timeout=_WAIT_S)
                got[0] += len(answer.data)

        await asyncio.gather(*(some() for _ in range(job.at_once)))
        return Fetched(time.perf_counter() - begun, got[0])

    return pull
