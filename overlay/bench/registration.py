"""Scenario `registration`: many agents register at once where many others are known; then they change their
entries, and say that they are alive.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle, pairwise

from overlay.bench.filling import fill
from overlay.bench.load import closed_loop
from overlay.bench.memory import registry_idle, registry_memory, registry_processor_s
from overlay.bench.result import Load, Result, percentiles, result
from overlay.bench.workers import connected, joined
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import OverlayError, Overloaded, TimedOut
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile, Skill, Status
from overlay.transport.address import BrokerKind

_DOMAIN = "a.example"
_SKILL = "bench.work"
_LIMIT_S = 300.0
_SETTINGS = "registrations_per_minute = 1000000\n"
_random = random.SystemRandom()
Tell = Callable[[str], None]
Work = Callable[[RegistryClient], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class RegistrationPlan:
    """`entries`: how many the registry has before; `agents`: how many register at once; `seconds`: how long
    each stage after that is measured.
    """

    broker: BrokerKind
    entries: int
    agents: int
    seconds: float


@dataclass(slots=True)
class _Storm:
    load: Load = field(default_factory=Load)
    retries: int = 0


async def bench_registration(plan: RegistrationPlan, tell: Tell) -> Result:
    """Measure."""
    sizes: list[int] = []

    async def prepare(folder: DomainFolder) -> None:
        with folder.settings.open("a") as file:
            file.write(_SETTINGS)
        tell(f"filling its registry with {plan.entries} entries")
        sizes.append(await fill(folder, plan.entries) if plan.entries else 0)

    empty = await _empty(plan, tell) if plan.entries > 1 else 0
    tell(f"making {_DOMAIN} on {plan.broker}")
    async with throwaway([(_DOMAIN, plan.broker)], prepare) as (folder,):
        return await _measure(plan, folder, sizes[0], empty, tell)


async def _empty(plan: RegistrationPlan, tell: Tell) -> int:
    """Bytes of a registry's process that knows one agent: with all that it loads for the first."""

    async def prepare(folder: DomainFolder) -> None:
        await fill(folder, 1)

    tell("looking at a registry that knows one agent")
    async with throwaway([(_DOMAIN, plan.broker)], prepare) as (folder,):
        await registry_idle(folder)
        return registry_memory(folder)


async def _measure(plan: RegistrationPlan, folder: DomainFolder, size: int, empty: int, tell: Tell) -> Result:
    tell(f"{plan.agents} agents join")
    homes = await joined(folder, plan.agents, _SKILL)
    async with connected(homes, folder) as clients, operator(folder) as hand:
        tell("its registry reads its entries")
        await registry_idle(folder)
        memory = registry_memory(folder)
        spent = [registry_processor_s(folder)]
        tell("all register at once")
        storm = await _storm(clients)
        spent.append(registry_processor_s(folder))
        known = (await hand.registry.count()).agents - plan.entries
        tell("they change their entries")
        changes = await _loop(plan, clients, _change())
        spent.append(registry_processor_s(folder))
        tell("they say that they are alive")
        beats = await _loop(plan, clients, _beat)
        spent.append(registry_processor_s(folder))
    took = [after - before for before, after in pairwise(spent)]
    stages: dict[str, dict[str, object]] = {
        "storm": {**_stage(storm.load, took[0]), "retries": storm.retries},
        "changes": _stage(changes, took[1]),
        "heartbeats": _stage(beats, took[2]),
        "memory": {
            "registry_bytes": memory,
            "bytes_per_entry": round((memory - empty) / (plan.entries - 1)) if empty else None,
            "record_bytes": round(size / plan.entries) if plan.entries else None,
            "registry_bytes_after": registry_memory(folder),
        },
    }
    parameters: dict[str, object] = {
        "broker": str(plan.broker),
        "entries": plan.entries,
        "agents": plan.agents,
        "seconds": plan.seconds,
    }
    found = result("registration", parameters, storm.load, stages=stages)
    return replace(found, lost=plan.agents - known)


async def _storm(clients: Sequence[RegistryClient]) -> _Storm:
    """As the agent library does it: who finds the registry full asks again after a while, not all at once."""
    storm = _Storm()
    begin = time.perf_counter()

    async def one(client: RegistryClient, number: int) -> None:
        storm.load.sent += 1
        asked = time.perf_counter()
        while True:
            try:
                await client.register(_profile(number))
            except (Overloaded, TimedOut) as error:
                storm.retries += 1
                least_s = error.retry_after_s if isinstance(error, Overloaded) else 0.0
                await asyncio.sleep(max(0.5, least_s) * _random.uniform(1, 2))
            except OverlayError:
                storm.load.errors += 1
                return
            else:
                storm.load.received += 1
                storm.load.latencies.append(time.perf_counter() - asked)
                return

    async with asyncio.timeout(_LIMIT_S), asyncio.TaskGroup() as group:
        for number, client in enumerate(clients):
            group.create_task(one(client, number))
    storm.load.seconds = time.perf_counter() - begin
    return storm


async def _loop(plan: RegistrationPlan, clients: Sequence[RegistryClient], work: Work) -> Load:
    turns = cycle(clients)

    async def ask() -> None:
        await work(next(turns))

    return await closed_loop(ask, askers=min(64, len(clients)), seconds=plan.seconds)


def _change() -> Work:
    numbers = count(1_000_000)

    async def change(client: RegistryClient) -> None:
        await client.register(_profile(next(numbers)))

    return change


async def _beat(client: RegistryClient) -> None:
    await client.heartbeat(status=Status(load=0.1))


def _profile(number: int) -> Profile:
    said = f"Takes work off others' hands, as number {number} of those who do."
    skill = Skill(_SKILL, "Work", "Takes work")
    return Profile(f"Worker {number}", said, skills=(skill,), languages=("en",))


def _stage(load: Load, processor_s: float) -> dict[str, object]:
    return {
        "registry_processor_us": round(processor_s / load.received * 1e6, 1) if load.received else None,
        "rate_per_s": round(load.rate, 1),
        "latency_us": percentiles(load.latencies),
        "sent": load.sent,
        "received": load.received,
        "errors": load.errors,
    }
