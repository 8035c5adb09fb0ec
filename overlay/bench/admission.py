"""Scenario `admission`: how many parties a second the broker lets in, beside one that asks nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from overlay.bench.doors import CA, SECOND, Doors, doors_of_a_throwaway
from overlay.bench.load import closed_loop
from overlay.bench.logins import Logins, OverlayLogin
from overlay.bench.rabbitmq_raw import raw_rabbitmq_login
from overlay.bench.raw_nats import raw_nats_login
from overlay.bench.result import Load, Result, percentiles, result
from overlay.transport.address import BrokerKind

_SLICES = 3
_WARM_S = 0.3
_PARTIES = 4


@dataclass(frozen=True, slots=True)
class AdmissionPlan:
    """What to measure. `seconds` for each of the sides and stages."""

    broker: BrokerKind
    logins_at_once: int
    seconds: float


@dataclass(slots=True)
class _Measured:
    """By stage; `bare` is the baseline."""

    bare: Load = field(default_factory=Load)
    stages: dict[str, Load] = field(default_factory=dict)

    def add(self, stage: str, load: Load) -> None:
        self.stages.setdefault(stage, Load()).add(load)


async def bench_admission(plan: AdmissionPlan, tell: Callable[[str], None]) -> Result:
    """Measure; overlay and bare logins take turns, so that both see the same machine."""
    tell(f"starting a.example on {plan.broker}")
    async with doors_of_a_throwaway("a.example", plan.broker) as doors:
        parties = [await doors.party(f"bench-{number}") for number in range(_PARTIES)]
        ours = Logins(OverlayLogin(parties))
        async with _bare(plan, doors) as bare:
            measure = _Measure(plan, doors, ours, bare)
            await measure.warm()
            if plan.broker is BrokerKind.NATS:
                found, main = await _with_doors(measure, doors, tell), "two"
            else:
                found, main = await _by_the_broker_itself(measure, tell), "broker"
    parameters: dict[str, object] = {
        "broker": str(plan.broker),
        "concurrency": plan.logins_at_once,
        "seconds": plan.seconds,
        "certificates": _PARTIES,
    }
    stages = {name: _stage(load) for name, load in found.stages.items()}
    return result("admission", parameters, found.stages[main], found.bare, stages)


@asynccontextmanager
async def _bare(plan: AdmissionPlan, doors: Doors) -> AsyncIterator[Logins]:
    if plan.broker is BrokerKind.NATS:
        async with raw_nats_login(doors.folder) as login:
            yield Logins(login)
    else:
        async with raw_rabbitmq_login(doors.folder, await doors.party("plain")) as login:
            yield Logins(login)


class _Measure:
    """Slices of the closed loop."""

    def __init__(self, plan: AdmissionPlan, doors: Doors, ours: Logins, bare: Logins) -> None:
        self._plan = plan
        self._doors = doors
        self.ours = ours
        self.bare = bare

    async def warm(self) -> None:
        """Caches, and the code itself."""
        for logins in (self.ours, self.bare):
            await self._loop(logins, _WARM_S)

    async def slice(self, logins: Logins) -> Load:
        """One of `_SLICES`."""
        return await self._loop(logins, self._plan.seconds / _SLICES)

    async def while_killed(self, door: str) -> Load:
        """Logins while this door is killed and opens again."""

        async def kill() -> None:
            await asyncio.sleep(self._plan.seconds / 3)
            await self._doors.kill(door)
            await self._doors.open(door)

        async with asyncio.TaskGroup() as group:
            loop = group.create_task(self._loop(self.ours, self._plan.seconds))
            group.create_task(kill())
        return loop.result()

    async def _loop(self, logins: Logins, seconds: float) -> Load:
        load = await closed_loop(logins, askers=self._plan.logins_at_once, seconds=seconds)
        await logins.settle()
        return load


async def _with_doors(measure: _Measure, doors: Doors, tell: Callable[[str], None]) -> _Measured:
    found = _Measured()
    for turn in range(_SLICES):
        tell(f"measuring, part {turn + 1} of {_SLICES}")
        found.add("one", await measure.slice(measure.ours))
        found.bare.add(await measure.slice(measure.bare))
        await doors.open(SECOND)
        found.add("two", await measure.slice(measure.ours))
        await doors.close(SECOND)
    await doors.open(SECOND)
    for door in (SECOND, CA):
        tell(f"measuring while {door} is killed and starts again")
        found.add(f"{door}-killed", await measure.while_killed(door))
    return found


async def _by_the_broker_itself(measure: _Measure, tell: Callable[[str], None]) -> _Measured:
    found = _Measured()
    for turn in range(_SLICES):
        tell(f"measuring, part {turn + 1} of {_SLICES}")
        found.add("broker", await measure.slice(measure.ours))
        found.bare.add(await measure.slice(measure.bare))
    return found


def _stage(load: Load) -> dict[str, object]:
    return {
        "rate_per_s": round(load.rate, 1),
        "latency_us": percentiles(load.latencies),
        "sent": load.sent,
        "received": load.received,
        "errors": load.errors,
    }
