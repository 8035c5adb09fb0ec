"""`overlay bench live`: a live stream to another domain, alone and beside a flood of bulk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace

from overlay.agent.agent import Agent
from overlay.bench.bulk import TOPIC, flooded
from overlay.bench.result import Load, Result, percentiles, result
from overlay.domain.federation import throwaway
from overlay.domain.residents import resident
from overlay.errors import Failed
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.streams.stream import Stream
from overlay.transport.address import BrokerKind

_NAMES = ("live.example", "hall.example")
_END_S = 30.0
_MEDIA = "audio/opus"


@dataclass(frozen=True, slots=True)
class LivePlan:
    """What is to be done."""

    brokers: tuple[BrokerKind, BrokerKind]
    seconds: float
    rate: float
    size: int
    late_ms: int
    flood: int
    """Bulk messages under way at a time."""


@dataclass(slots=True)
class _Stage:
    load: Load
    late: int
    lost: int
    jitter_ms: float
    bulk: int = 0

    def told(self) -> dict[str, object]:
        """For people and scripts."""
        latency = {f"{name}_us": value for name, value in percentiles(self.load.latencies).items()}
        return {
            "sent": self.load.sent,
            "received": self.load.received,
            "late": self.late,
            "lost": self.lost,
            "frames_per_s": round(self.load.rate, 1),
            "jitter_ms": self.jitter_ms,
            "bulk_per_s": round(self.bulk / self.load.seconds, 1),
            **latency,
        }


class _Hall:
    """The receiver's side: how old each frame was when it was given out."""

    def __init__(self) -> None:
        self.ages: list[float] = []
        self.stream: Stream | None = None

    async def listen(self, stream: Stream) -> None:
        self.stream, self.ages = stream, []
        async for frame in stream:
            self.ages.append(time.time() - frame.captured)


async def bench_live(plan: LivePlan, tell: Callable[[str], None]) -> Result:
    """What floods is another process. Raises OverlayError."""
    tell(f"starting {_NAMES[0]} on {plan.brokers[0]}, {_NAMES[1]} on {plan.brokers[1]}")
    hall = _Hall()
    stages: dict[str, _Stage] = {}
    async with throwaway(list(zip(_NAMES, plan.brokers, strict=True))) as folders, AsyncExitStack() as stack:
        player = await stack.enter_async_context(Agent(await resident(folders[0], "player", ())))
        home = await resident(folders[1], "listener", ())
        listener = await stack.enter_async_context(Agent(home, access=_NAMES))
        listener.on_stream("audio/*", hall.listen)
        flooder, sink = (
            await resident(folders[0], "flooder", ()),
            await resident(folders[1], "sink", (TOPIC,)),
        )
        for name, priority, under_way in (
            ("alone", None, 0),
            ("beside bulk", None, plan.flood),
            ("beside bulk, as bulk", Priority.BULK, plan.flood),
        ):
            tell(f"{name}: {plan.seconds:g} s")
            counted: list[int] = []
            async with flooded(flooder, sink, under_way, counted):
                stage = await _play(player, listener.id, hall, plan, priority)
            stages[name] = replace(stage, bulk=counted[0])
    beside = stages["beside bulk"]
    parameters: dict[str, object] = {
        "brokers": [str(kind) for kind in plan.brokers],
        "seconds": plan.seconds,
        "rate": plan.rate,
        "size": plan.size,
        "late_ms": plan.late_ms,
        "flood": plan.flood,
    }
    told = {name: stage.told() for name, stage in stages.items()}
    found = result("live", parameters, beside.load, stages=told)
    return replace(found, lost=beside.lost)


async def _play(player: Agent, to: PartyId, hall: _Hall, plan: LivePlan, priority: Priority | None) -> _Stage:
    stream = await player.open_stream(to, _MEDIA, late_ms=plan.late_ms, priority=priority)
    load = Load()
    begin = next_at = time.perf_counter()
    while time.perf_counter() < begin + plan.seconds:
        await stream.send(bytes(plan.size))
        next_at += 1 / plan.rate
        await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
    load.seconds = time.perf_counter() - begin
    await asyncio.sleep(plan.late_ms / 1000)
    await stream.end()
    taken = hall.stream
    if taken is None:
        raise Failed("the stream did not come to its handler")
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_S):
            await taken.closed.wait()
    seen = taken.statistics
    load.sent, load.received, load.latencies = stream.sent, len(hall.ages), hall.ages
    missing = max(0, stream.sent - load.received - seen.late)
    load.errors = seen.late
    return _Stage(load, seen.late, missing, seen.jitter_ms)
