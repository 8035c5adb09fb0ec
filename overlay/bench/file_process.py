"""The program of one process of a measurement of files: a holder, a receiver; of the overlay, or bare.

It is given its `FileJob` as JSON, and then commands, one a line: `offer PATH TO` or `serve PATH` to a holder,
`fetch REFERENCE PATH` or `pull CHUNKS` to a receiver.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

from overlay.agent.agent import Agent
from overlay.agent.running import run_as_program
from overlay.bench.file_jobs import Fetched, FileJob, FileRole
from overlay.bench.obeying import obey
from overlay.bench.raw_nats import bare_client
from overlay.content.file_ref import FileRef
from overlay.errors import Failed
from overlay.transport.address import TlsFiles

_SUBJECT = "bench.file"
_WAIT_S = 60.0


async def _work(job: FileJob) -> None:
    if job.home:
        async with Agent(Path(job.home)) as agent:
            await obey(_offering(agent) if job.role is FileRole.HOLD else _fetching(agent))
        return
    if job.place is None:
        raise Failed("a bare client is told where its broker is")
    tls = TlsFiles(Path(job.place.ca), Path(job.place.certificate), Path(job.place.key))
    client = await bare_client(job.place.port, tls)
    try:
        await obey(_serving(client, job) if job.role is FileRole.BARE_HOLD else _pulling(client, job))
    finally:
        await client.close()


def _offering(agent: Agent) -> Callable[[list[str]], Awaitable[object]]:
    async def offer(words: list[str]) -> object:
        return await agent.offer_file(words[1], to=[words[2]])

    return offer


def _fetching(agent: Agent) -> Callable[[list[str]], Awaitable[object]]:
    async def fetch(words: list[str]) -> object:
        ref, begun = FileRef.decode(words[1]), time.perf_counter()
        await agent.fetch_file(ref, words[2])
        took_s = time.perf_counter() - begun
        return Fetched(took_s, ref.size, agent.endpoint.counters["file-chunk-again"])

    return fetch


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


if __name__ == "__main__":
    run_as_program(_work(msgspec.json.decode(sys.argv[1], type=FileJob)))
