"""Publications in a channel inside one NATS domain: how many a second, how late, with so many members.

python benchmarks/channels.py --members 1 8 32 --count 500
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.channels.message import ChannelMessage
from overlay.domain.federation import throwaway
from overlay.domain.residents import resident
from overlay.transport.address import BrokerKind


class Listener:
    """What one member was given, and how late."""

    def __init__(self) -> None:
        self.late_s: list[float] = []
        self._more = asyncio.Event()

    async def __call__(self, message: ChannelMessage) -> None:
        """The handler: notes when it came."""
        self.late_s.append(time.perf_counter() - float(message.text))
        self._more.set()

    async def has(self, count: int, limit_s: float) -> None:
        """Returns when so many came. Raises TimeoutError."""
        async with asyncio.timeout(limit_s):
            while len(self.late_s) < count:
                self._more.clear()
                await self._more.wait()


async def measure(channel: Channel, listeners: Sequence[Listener], count: int, *, reliable: bool) -> object:
    """Paced for the latency, then as fast as it goes."""
    for _ in range(count // 5):
        await channel.publish(repr(time.perf_counter()), reliable=reliable)
        await asyncio.sleep(0.02)
    paced = count // 5
    await asyncio.gather(*(listener.has(paced, 60) for listener in listeners))
    late = sorted(value for listener in listeners for value in listener.late_s)
    began = time.perf_counter()
    for _ in range(count):
        await channel.publish(repr(time.perf_counter()), reliable=reliable)
    published_s = time.perf_counter() - began
    await asyncio.gather(*(listener.has(paced + count, 120) for listener in listeners))
    all_s = time.perf_counter() - began
    cuts = quantiles(late, n=100)
    for listener in listeners:
        listener.late_s.clear()
    return {
        "members": len(listeners),
        "reliable": reliable,
        "published_per_s": round(count / published_s),
        "publications_per_s": round(count / all_s),
        "deliveries_per_s": round(count * len(listeners) / all_s),
        "p50_ms": round(cuts[49] * 1000, 2),
        "p99_ms": round(cuts[98] * 1000, 2),
    }


async def main(members: Sequence[int], count: int) -> None:
    """All agents are in this process: with many members it is they who are slow, not the broker."""
    async with throwaway([("a.example", BrokerKind.NATS)]) as (folder,), AsyncExitStack() as stack:
        homes: list[Path] = [await resident(folder, f"m{number}", ()) for number in range(max(members) + 1)]
        agents = [await stack.enter_async_context(Agent(home)) for home in homes]
        for many in members:
            channel = await agents[0].create_channel(f"bench{many}", is_open=True)
            listeners = [Listener() for _ in range(many)]
            for agent, listener in zip(agents[1:], listeners, strict=False):
                await agent.join_channel(channel.id, handler=listener)
            for reliable in (False, True):
                found = await measure(channel, listeners, count, reliable=reliable)
                print(json.dumps(found), flush=True)
            await channel.release()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--count", type=int, default=500)
    words = parser.parse_args()
    asyncio.run(main(words.members, words.count))
