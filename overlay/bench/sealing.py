"""Scenario `sealing`: what sealing every message costs, beside the same messages without a seal: over the
broker, and in processor time.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from overlay.bench.doors import Doors, doors_of_a_throwaway
from overlay.bench.envelopes import Envelopes, Writer
from overlay.bench.result import Load, Result, percentiles, result
from overlay.bench.stream import Stream
from overlay.endpoint.dial import dial
from overlay.endpoint.logged import log_error
from overlay.endpoint.party import Party
from overlay.naming.mailboxes import agent_inbox
from overlay.transport.address import BrokerKind

_SLICES = 6
_WARM_S = 0.5
_CPU_SIZES = (300, 16 * 1024)
_CPU_ROUNDS = 7
_CPU_MESSAGES = 2000


@dataclass(frozen=True, slots=True)
class SealingPlan:
    """What to measure; the first broker's figures stand for all. `seconds` for each side at each broker."""

    brokers: tuple[BrokerKind, ...]
    size: int
    seconds: float


async def bench_sealing(plan: SealingPlan, tell: Callable[[str], None]) -> Result:
    """Measure; sealed and unsealed messages take turns, so that both see the same machine."""
    measured: dict[str, tuple[Load, Load]] = {}
    stages: dict[str, dict[str, object]] = {}
    for kind in plan.brokers:
        tell(f"starting a.example on {kind}")
        async with doors_of_a_throwaway("a.example", kind) as doors:
            sender, receiver = await doors.party("sender"), await doors.party("receiver")
            if not stages:
                tell("measuring processor time")
                stages = {f"cpu-{size}": _cpu(Writer(sender, receiver, size)) for size in _CPU_SIZES}
            measured[str(kind)] = await _carried(plan, doors, sender, receiver, tell)
    for name, (sealed, clear) in measured.items():
        stages[name] = _stage(sealed, clear)
    parameters: dict[str, object] = {
        "brokers": [str(kind) for kind in plan.brokers],
        "size": plan.size,
        "seconds": plan.seconds,
    }
    return result("sealing", parameters, *measured[str(plan.brokers[0])], stages)


async def _carried(
    plan: SealingPlan, doors: Doors, sender: Party, receiver: Party, tell: Callable[[str], None]
) -> tuple[Load, Load]:
    writer = Writer(sender, receiver, plan.size)
    sealed, clear = Load(), Load()
    async with _stream(sender, receiver, writer.subject) as stream:
        for envelopes in (writer.sealed, writer.clear):
            await stream.run(envelopes, _WARM_S)
        for turn in range(_SLICES):
            tell(f"measuring on {doors.config.broker}, part {turn + 1} of {_SLICES}")
            for load, envelopes in ((sealed, writer.sealed), (clear, writer.clear)):
                load.add(await stream.run(envelopes, plan.seconds / _SLICES))
    return sealed, clear


@asynccontextmanager
async def _stream(sender: Party, receiver: Party, subject: str) -> AsyncIterator[Stream]:
    out = await dial(sender, log_error)
    try:
        into = await dial(receiver, log_error)
        try:
            stream = Stream(out, subject)
            await into.read(agent_inbox(receiver.id.name), stream.arrived)
            yield stream
        finally:
            await into.close()
    finally:
        await out.close()


def _stage(sealed: Load, clear: Load) -> dict[str, object]:
    return {
        "rate_per_s": round(sealed.rate, 1),
        "latency_us": percentiles(sealed.latencies),
        "baseline_per_s": round(clear.rate, 1),
        "baseline_latency_us": percentiles(clear.latencies),
        "ratio": round(sealed.rate / clear.rate, 3) if clear.rate else 0.0,
        "price_us": round(1e6 / sealed.rate - 1e6 / clear.rate, 2) if sealed.rate and clear.rate else 0.0,
    }


def _cpu(writer: Writer) -> dict[str, object]:
    """Microseconds of one message, the best of some rounds, which take turns."""
    best: dict[str, float] = {}
    for _ in range(_CPU_ROUNDS):
        for name, envelopes in (("sealed", writer.sealed), ("clear", writer.clear)):
            for what, spent_us in zip(("make", "take"), _round(envelopes), strict=True):
                key = f"{name}_{what}_us"
                best[key] = min(spent_us, best.get(key, spent_us))
    price = sum(best[f"sealed_{what}_us"] - best[f"clear_{what}_us"] for what in ("make", "take"))
    return {**{key: round(value, 2) for key, value in best.items()}, "price_us": round(price, 2)}


def _round(envelopes: Envelopes) -> tuple[float, float]:
    start = time.process_time()
    made = [envelopes.make() for _ in range(_CPU_MESSAGES)]
    middle = time.process_time()
    for data in made:
        envelopes.take(data)
    end = time.process_time()
    return (middle - start) / _CPU_MESSAGES * 1e6, (end - middle) / _CPU_MESSAGES * 1e6
