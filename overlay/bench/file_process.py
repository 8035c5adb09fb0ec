"""The program of one process of a measurement of files: a holder, a receiver; of the overlay, or bare.

It is given its `FileJob` as JSON, and then commands, one a line: `offer PATH TO` or `serve PATH` to a holder,
`fetch REFERENCE PATH` or `pull CHUNKS` to a receiver.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from overlay.agent.agent import Agent
from overlay.agent.running import run_as_program
from overlay.bench.file_bare_nats import work_barely
from overlay.bench.file_jobs import Fetched, FileJob, FileRole
from overlay.bench.obeying import obey
from overlay.content.file_ref import FileRef


async def _work(job: FileJob) -> None:
    if job.home:
        async with Agent(Path(job.home)) as agent:
            await obey(_offering(agent) if job.role is FileRole.HOLD else _fetching(agent))
        return
    await work_barely(job)


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


if __name__ == "__main__":
    run_as_program(_work(msgspec.json.decode(sys.argv[1], type=FileJob)))
