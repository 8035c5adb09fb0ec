"""Scenario `fanout`: one agent publishes in a channel, its members read; beside bare clients in one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import msgspec

from overlay.bench.fanout_jobs import SKILL, FanoutJob, all_of
from overlay.bench.processes import broker, processor_of
from overlay.bench.relay_jobs import Side
from overlay.bench.relay_places import bare_place
from overlay.bench.relay_pump import Pumped
from overlay.bench.relay_tally import STAMP, Arrived
from overlay.bench.relay_worker import Worker
from overlay.bench.reported import Reported
from overlay.bench.result import Load, Result, percentiles, result
from overlay.bench.workers import joined
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.transport.address import BrokerKind

_NAME = "a.example"
_PROGRAM = "overlay.bench.fanout_process"
_SLICES = 4
_WARM_S = 1.0
_IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class FanoutPlan:
    """What to measure. `seconds` for each number of members and each side; `window`: publications under way;
    `takers`: processes that hold the members.
    """

    broker: BrokerKind
    members: tuple[int, ...]
    size: int
    seconds: float
    window: int
    reliable: bool
    signed: bool
    at_once: int
    takers: int


@dataclass(slots=True)
class _Measured:
    """With so many members. A load counts deliveries."""

    load: Load = field(default_factory=Load)
    publications: int = 0
    duplicates: int = 0
    misordered: int = 0
    idle: dict[str, float] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    """Seconds of a processor, by process."""

    def as_dict(self) -> dict[str, object]:
        """Its figures. Microseconds of a processor are those for one delivery."""
        load = self.load
        each = {name: round(spent * 1e6 / max(1, load.received), 1) for name, spent in self.spent.items()}
        return {
            "publications_per_s": round(self.publications / load.seconds, 1) if load.seconds else 0.0,
            "deliveries_per_s": round(load.rate, 1),
            "latency_us": percentiles(load.latencies),
            "one_at_a_time_us": self.idle,
            "lost": load.sent - load.received - load.errors,
            "duplicates": self.duplicates,
            "misordered": self.misordered,
            "errors": load.errors,
            "processor_us": each,
        }


class _Lane:
    """One side: its publisher, those who hold the members, and what stands between."""

    def __init__(self, source: Worker, takers: Sequence[Worker], between: dict[str, int | None]) -> None:
        self._source = source
        self._takers = takers
        self._between = between
        self._names = count(1)
        self._members = 1
        self.found = _Measured()

    async def begin(self, members: int, most_s: float) -> None:
        """A channel with so many; keys are agreed, caches filled; how late one is on an idle way."""
        name = f"bench{next(self._names)}-{members}"
        self._members, self.found = members, _Measured()
        await self._source.ask(f"begin {name} {members}")
        share, over = divmod(members, len(self._takers))
        for number, taker in enumerate(self._takers):
            await taker.ask(f"join {name} {share + (number < over)}")
        await self._slice(min(_WARM_S, most_s), 16)
        _, saw = await self._slice(min(_IDLE_S, most_s), 1)
        self.found.idle = percentiles(saw.latencies)

    async def run(self, seconds: float, window: int) -> None:
        """One slice, added to the others."""
        before = self._spent()
        did, saw = await self._slice(seconds, window)
        found, each = self.found, self._members
        found.spent.update({name: spent - before[name] for name, spent in self._spent().items()})
        found.load.add(Load(saw.latencies, did.seconds, did.sent * each, saw.received, did.errors * each))
        found.publications += did.arrived
        found.duplicates += saw.duplicates
        found.misordered += saw.misordered

    async def end(self) -> None:
        """Everybody leaves."""
        for taker in self._takers:
            await taker.ask("leave")
        await self._source.ask("end")

    def _spent(self) -> dict[str, float]:
        takers = {f"members {number}": taker.pid for number, taker in enumerate(self._takers, 1)}
        pids = {"publisher": self._source.pid, **self._between, **takers}
        return {name: processor_of(pid) for name, pid in pids.items() if pid is not None}

    async def _slice(self, seconds: float, window: int) -> tuple[Pumped, Reported]:
        did = msgspec.json.decode(await self._source.ask(f"run {seconds} {window}"), type=Pumped)
        saw = [msgspec.json.decode(await taker.ask("report"), type=Reported) for taker in self._takers]
        return did, all_of(saw)


async def bench_fanout(plan: FanoutPlan, tell: Callable[[str], None]) -> Result:
    """Measure; overlay and bare clients take turns, so that both see the same machine."""
    tell(f"starting {_NAME} on {plan.broker}, and {max(plan.members)} agents")
    stages: dict[str, dict[str, object]] = {}
    async with throwaway([(_NAME, plan.broker)]) as (folder,), AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_overlay_lane(folder, plan))
        bare = await stack.enter_async_context(_bare_lane(folder, plan))
        for members in plan.members:
            tell(f"measuring with {members}")
            await _measure(plan, members, (ours, bare))
            figures = {**ours.found.as_dict(), "baseline": bare.found.as_dict()}
            stages[str(members)] = figures | {"ratio": _ratio(ours.found.load, bare.found.load)}
    parameters: dict[str, object] = {
        "broker": str(plan.broker),
        "members": list(plan.members),
        "size": max(plan.size, STAMP.size),
        "seconds": plan.seconds,
        "window": plan.window,
        "reliable": plan.reliable,
        "signed": plan.signed,
        "at_once": plan.at_once,
        "processes": f"1 publishes, {_takers(plan)} hold the members, each with a connection of its own",
    }
    found = result("fanout", parameters, ours.found.load, bare.found.load, stages)
    return replace(found, duplicates=ours.found.duplicates, misordered=ours.found.misordered)


async def _measure(plan: FanoutPlan, members: int, lanes: Sequence[_Lane]) -> None:
    for lane in lanes:
        await lane.begin(members, plan.seconds)
    for _ in range(_SLICES):
        for lane in lanes:
            await lane.run(plan.seconds / _SLICES, plan.window)
    for lane in lanes:
        await lane.end()


def _ratio(ours: Load, bare: Load) -> float:
    return round(ours.rate / bare.rate, 3) if bare.rate else 0.0


def _takers(plan: FanoutPlan) -> int:
    return min(plan.takers, max(plan.members))


@asynccontextmanager
async def _overlay_lane(folder: DomainFolder, plan: FanoutPlan) -> AsyncIterator[_Lane]:
    source = await resident(folder, "publisher", (SKILL,))
    homes = [str(home) for home in await joined(folder, max(plan.members), SKILL)]
    takers = _takers(plan)
    shares = [tuple(homes[number::takers]) for number in range(takers)]
    jobs = [_job(plan, Side.OVERLAY, folder, number) for number in range(takers)]
    jobs = [msgspec.structs.replace(job, homes=share) for job, share in zip(jobs, shares, strict=True)]
    publisher = msgspec.structs.replace(_source_of(jobs), homes=(str(source),))
    async with _lane(publisher, jobs, {"broker": broker(folder)}) as lane:
        yield lane


@asynccontextmanager
async def _bare_lane(folder: DomainFolder, plan: FanoutPlan) -> AsyncIterator[_Lane]:
    async with bare_place(folder) as place:
        takers = _takers(plan)
        most = -(-max(plan.members) // takers)
        jobs = [
            msgspec.structs.replace(_job(plan, Side.BARE, folder, number), place=place, connections=most)
            for number in range(takers)
        ]
        async with _lane(_source_of(jobs), jobs, {}) as lane:
            yield lane


@asynccontextmanager
async def _lane(
    source: FanoutJob, takers: Sequence[FanoutJob], between: dict[str, int | None]
) -> AsyncIterator[_Lane]:
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(Worker.started(job, _PROGRAM)) for job in takers]
        yield _Lane(await stack.enter_async_context(Worker.started(source, _PROGRAM)), workers, between)


def _job(plan: FanoutPlan, side: Side, folder: DomainFolder, number: int) -> FanoutJob:
    arrived = Arrived.make(Path(folder.path / f"{side}-arrived-{number}"))
    return FanoutJob(
        publishes=False,
        side=side,
        arrived=(str(arrived),),
        size=plan.size,
        reliable=plan.reliable,
        at_once=plan.at_once,
        signed=plan.signed,
    )


def _source_of(takers: Sequence[FanoutJob]) -> FanoutJob:
    arrived = tuple(name for job in takers for name in job.arrived)
    return msgspec.structs.replace(takers[0], publishes=True, arrived=arrived, homes=(), connections=0)
