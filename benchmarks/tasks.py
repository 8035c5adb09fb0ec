"""What a short task costs beside a plain question, inside a domain and across two; in turns, in one run.

python -m benchmarks.tasks [--across] [--seconds 4]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable

from overlay.agent.agent import Agent
from overlay.domain.federation import throwaway
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.settings import load_settings
from overlay.tasks.run import TaskRun
from overlay.transport.address import BrokerKind

_NAMES = ("a.example", "b.example")
_BODY = bytes(300)
_TURNS = 4
_WARM = 20


async def main(*, across: bool, seconds: float) -> dict[str, object]:
    """Latencies in microseconds."""
    kinds = [(name, BrokerKind.NATS) for name in (_NAMES if across else _NAMES[:1])]
    async with throwaway(kinds) as folders:
        settings = load_settings(folders[0].settings)
        home = await resident(folders[-1], "worker", ("bench.echo", "bench.task"))
        worker = Agent(home, settings=settings, access=(_NAMES[0],))

        @worker.serves("bench.echo")
        async def answer(message: Message) -> bytes:
            return message.body

        @worker.executes("bench.task")
        async def do(run: TaskRun) -> bytes:
            return run.body

        async with worker, Agent(await resident(folders[0], "asker", ()), settings=settings) as asker:
            to = worker.id

            async def ask() -> None:
                await asker.ask(to, _BODY, skill="bench.echo")

            async def task() -> None:
                given = await asker.start_task(to, _BODY, skill="bench.task")
                await given.result()

            async def task_by_skill() -> None:
                given = await asker.start_task("bench.task", _BODY)
                await given.result()

            await _found(asker)
            return await _measured({"ask": ask, "task": task, "task_by_skill": task_by_skill}, seconds)


async def _found(asker: Agent) -> None:
    async with asyncio.timeout(60):
        while not (await asker.discover("bench.task")).matches:
            await asyncio.sleep(0.2)


async def _measured(sides: dict[str, Callable[[], Awaitable[None]]], seconds: float) -> dict[str, object]:
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for one in sides.values():
        for _ in range(_WARM):
            await one()
    for _ in range(_TURNS):
        for name, one in sides.items():
            end = time.perf_counter() + seconds / _TURNS
            while (began := time.perf_counter()) < end:
                await one()
                taken[name].append(time.perf_counter() - began)
    p50 = {name: statistics.median(found) * 1e6 for name, found in taken.items()}
    return {
        "count": {name: len(found) for name, found in taken.items()},
        "p50_us": {name: round(value) for name, value in p50.items()},
        "ratio": {name: round(value / p50["ask"], 1) for name, value in p50.items()},
        "write_us": round(_write_us()),
    }


def _write_us() -> float:
    """A commit that waits for the disk, on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite3.connect(f"{folder}/a.db", isolation_level=None)
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (a)")
        taken = []
        for number in range(200):
            began = time.perf_counter()
            db.execute("INSERT INTO t VALUES (?)", (number,))
            taken.append(time.perf_counter() - began)
        db.close()
    return statistics.median(taken) * 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--across", action="store_true")
    parser.add_argument("--seconds", type=float, default=4.0, help="for each side")
    words = parser.parse_args()
    print(json.dumps(asyncio.run(main(across=words.across, seconds=words.seconds))))
