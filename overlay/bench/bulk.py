"""A flood of bulk to another domain, in a process of its own: it runs until its standard input ends."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from overlay.agent.agent import Agent
from overlay.endpoint.message import Message
from overlay.errors import Failed, OverlayError
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority

TOPIC = "bulk"
_BODY = bytes(4096)
_END_S = 60.0


@asynccontextmanager
async def flooded(sender: Path, receiver: Path, under_way: int, counted: list[int]) -> AsyncIterator[None]:
    """So many senders for the block, none for 0; then `counted` has how many messages came. Raises Failed."""
    if not under_way:
        yield
        counted.append(0)
        return
    words = (sys.executable, "-m", "overlay.bench.bulk", str(sender), str(receiver), str(under_way))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe)
    if process.stdout is None:
        raise Failed("the process that floods has no output")
    try:
        if not await process.stdout.readline():
            raise Failed("the process that floods did not begin")
        yield
    finally:
        async with asyncio.timeout(_END_S):
            out, _ = await process.communicate(b"")
    counted.append(int(out or 0))


async def _flood(sender: Path, receiver: Path, under_way: int) -> int:
    came = 0

    async def swallow(_: Message) -> None:
        nonlocal came
        came += 1

    sink = Agent(receiver, access=("live.example",))
    sink.serves(TOPIC)(swallow)
    async with sink, Agent(sender) as agent:
        tasks = [asyncio.create_task(_send(agent, sink.id)) for _ in range(under_way)]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return came


async def _send(agent: Agent, to: PartyId) -> None:
    while True:
        try:
            await agent.endpoint.send(to, _BODY, topic=TOPIC, priority=Priority.BULK)
        except OverlayError:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(_flood(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))}\n")
