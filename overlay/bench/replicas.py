"""Scenario `replicas`: what it costs those who ask when processes of the registry are killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from overlay.bench.load import closed_loop
from overlay.bench.members import Member, members
from overlay.bench.result import Load, Result, percentiles, result
from overlay.domain.child import process_of
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.health import check_health
from overlay.domain.parts import registries
from overlay.errors import Unavailable
from overlay.settings import load_settings
from overlay.transport.address import BrokerKind

_SLOW_S = 1.0
_LOOK_AGAIN_S = 0.05
_QUIET_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class ReplicasPlan:
    """What to measure. `seconds` for each process that is killed, and without any."""

    replicas: int
    members: int
    seconds: float


async def bench_replicas(plan: ReplicasPlan, tell: Callable[[str], None]) -> Result:
    """Measure a domain on NATS whose registry has several processes; with one, its store is a file."""

    async def prepare(folder: DomainFolder) -> None:
        with folder.settings.open("a") as file:
            for limit in ("finds_per_minute", "resolves_per_minute", "registrations_per_minute"):
                file.write(f"{limit} = 1000000\n")
            if plan.replicas > 1:
                file.write(f'registry_store = "jetstream"\nregistry_replicas = {plan.replicas}\n')

    tell(f"starting a.example with {plan.replicas} processes of its registry")
    async with throwaway([("a.example", BrokerKind.NATS)], prepare) as (folder,):
        settings = load_settings(folder.settings)
        async with members(folder, plan.members, settings) as busy:
            return await _measure(plan, folder, busy, tell)


async def _measure(
    plan: ReplicasPlan, folder: DomainFolder, busy: list[Member], tell: Callable[[str], None]
) -> Result:
    tell("measuring with all of them")
    load = await _loop(plan, busy)
    stages: dict[str, dict[str, object]] = {}
    parts = registries(load_settings(folder.settings))
    for part in parts[:2]:
        tell(f"measuring while {part} is killed and starts again")
        stages[f"{part}-killed"] = await _killed(plan, folder, part, busy)
    parameters: dict[str, object] = {
        "broker": str(BrokerKind.NATS),
        "replicas": plan.replicas,
        "members": plan.members,
        "seconds": plan.seconds,
    }
    found = result("replicas", parameters, load, stages=stages)
    lost = sum([await member.lost() for member in busy])
    twice = sum(member.twice for member in busy)
    return replace(found, lost=found.lost + lost, duplicates=twice)


async def _killed(
    plan: ReplicasPlan, folder: DomainFolder, part: str, busy: list[Member]
) -> dict[str, object]:
    back_s = 0.0

    async def kill() -> None:
        nonlocal back_s
        await asyncio.sleep(plan.seconds * _QUIET_SHARE)
        back_s = await kill_part(folder, part)

    async with asyncio.TaskGroup() as group:
        loop = group.create_task(_loop(plan, busy))
        group.create_task(kill())
    load = loop.result()
    return {
        "rate_per_s": round(load.rate, 1),
        "latency_us": percentiles(load.latencies),
        "sent": load.sent,
        "received": load.received,
        "errors": load.errors,
        "slow": sum(latency > _SLOW_S for latency in load.latencies),
        "slowest_s": round(max(load.latencies, default=0.0), 3),
        "back_s": round(back_s, 3),
    }


async def kill_part(folder: DomainFolder, part: str) -> float:
    """At once, as when its machine fails. Returns when it serves again, and after how many seconds."""
    before = process_of(folder, part).pid
    if before is None:
        raise Unavailable(f"{part} does not run")
    os.kill(before, signal.SIGKILL)
    begin = time.perf_counter()
    while not _serves(folder, part, before):
        await asyncio.sleep(_LOOK_AGAIN_S)
    return time.perf_counter() - begin


def _serves(folder: DomainFolder, part: str, before: int) -> bool:
    pid = process_of(folder, part).pid
    try:
        check_health(folder, part)
    except Unavailable:
        return False
    return pid is not None and pid != before


async def _loop(plan: ReplicasPlan, busy: list[Member]) -> Load:
    """Each member does one thing at a time."""
    whole = Load()
    loops = (closed_loop(member.act, askers=1, seconds=plan.seconds) for member in busy)
    for load in await asyncio.gather(*loops):
        whole.add(load)
    whole.seconds /= len(busy)
    return whole
