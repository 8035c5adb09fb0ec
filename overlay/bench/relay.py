"""Scenario `relay`: one-way messages between agents of two domains, beside a bare relay in the same run."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from overlay.bench.processes import broker, gateways, processor_of
from overlay.bench.relay_jobs import Job, Place, Role, Side
from overlay.bench.relay_overlay import SKILL
from overlay.bench.relay_places import bare_place
from overlay.bench.relay_pump import Pumped
from overlay.bench.relay_tally import STAMP, Arrived
from overlay.bench.relay_worker import Worker
from overlay.bench.reported import Reported
from overlay.bench.result import Load, Result, percentiles, result
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.transport.address import BrokerKind

_NAMES = ("a.example", "b.example")
_SLICES = 4
_WARM_S = 1.5
_IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """What to measure. `seconds` for each of the two sides. `window`: messages under way at most; `at_once`:
    how many a sender stores side by side, if `reliable`.
    """

    brokers: tuple[BrokerKind, BrokerKind]
    size: int
    seconds: float
    window: int
    reliable: bool
    at_once: int


@dataclass(slots=True)
class _Lane:
    """One side: its sender, its receiver, and what they did."""

    sender: Worker
    taker: Worker
    between: dict[str, int | None]
    """Process IDs of what stands between them, by what it is called."""
    load: Load = field(default_factory=Load)
    duplicates: int = 0
    misordered: int = 0
    idle: dict[str, float] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    """Seconds of a processor, by process."""

    async def run(self, seconds: float, window: int) -> None:
        """One slice, added to the others."""
        before = self._spent()
        did, saw = await self._slice(seconds, window)
        self.spent.update({name: spent - before[name] for name, spent in self._spent().items()})
        self.load.add(Load(saw.latencies, did.seconds, did.sent, saw.received, did.errors))
        self.duplicates += saw.duplicates
        self.misordered += saw.misordered

    async def warm(self, most_s: float) -> None:
        """Keys are agreed, caches filled, and then: how long one message takes on an idle way."""
        await self._slice(min(_WARM_S, most_s), 64)
        _, saw = await self._slice(min(_IDLE_S, most_s), 1)
        self.idle = percentiles(saw.latencies)

    @property
    def each_us(self) -> dict[str, object]:
        """Microseconds of a processor that each process spent on a message: what else the machine does hardly
        shows in them.
        """
        return {
            name: round(spent * 1e6 / max(1, self.load.received), 1) for name, spent in self.spent.items()
        }

    def _spent(self) -> dict[str, float]:
        pids = {"sender": self.sender.pid, **self.between, "receiver": self.taker.pid}
        return {name: processor_of(pid) for name, pid in pids.items() if pid is not None}

    async def _slice(self, seconds: float, window: int) -> tuple[Pumped, Reported]:
        did = msgspec.json.decode(await self.sender.ask(f"run {seconds} {window}"), type=Pumped)
        return did, msgspec.json.decode(await self.taker.ask("report"), type=Reported)


async def bench_relay(plan: RelayPlan, tell: Callable[[str], None]) -> Result:
    """Measure; overlay and bare clients take turns, so that both see the same machine."""
    domains = list(zip(_NAMES, plan.brokers, strict=True))
    tell("starting " + ", ".join(f"{name} on {kind}" for name, kind in domains))
    size = max(plan.size, STAMP.size)
    async with throwaway(domains) as folders, AsyncExitStack() as stack:
        ours = await stack.enter_async_context(_overlay_lane(folders, plan))
        bare = await stack.enter_async_context(_bare_lane(folders, plan))
        for lane in (ours, bare):
            await lane.warm(plan.seconds)
        for turn in range(_SLICES):
            tell(f"measuring, part {turn + 1} of {_SLICES}")
            for lane in (ours, bare):
                await lane.run(plan.seconds / _SLICES, plan.window)
    parameters: dict[str, object] = {
        "brokers": [str(kind) for kind in plan.brokers],
        "size": size,
        "seconds": plan.seconds,
        "window": plan.window,
        "reliable": plan.reliable,
    }
    stages: dict[str, dict[str, object]] = {
        "one at a time": {"latency_us": ours.idle, "baseline_latency_us": bare.idle},
        "processor_us": ours.each_us,
        "baseline_processor_us": bare.each_us,
    }
    found = result("relay", parameters, ours.load, bare.load, stages)
    return replace(found, duplicates=ours.duplicates, misordered=ours.misordered)


@asynccontextmanager
async def _overlay_lane(folders: list[DomainFolder], plan: RelayPlan) -> AsyncIterator[_Lane]:
    here, there = folders
    sender = str(await resident(here, "sender", ()))
    taker = str(await resident(there, "taker", (SKILL,)))
    job = _job(plan, Side.OVERLAY, Arrived.make(here.path / "bench-arrived"))
    async with _lane(
        _job_of(job, Role.SEND, home=sender, peer=f"taker@{_NAMES[1]}"),
        _job_of(job, Role.TAKE, home=taker, peer=_NAMES[0]),
        _between(folders),
    ) as lane:
        yield lane


@asynccontextmanager
async def _bare_lane(folders: list[DomainFolder], plan: RelayPlan) -> AsyncIterator[_Lane]:
    async with AsyncExitStack() as stack:
        places: list[Place] = [await stack.enter_async_context(bare_place(folder)) for folder in folders]
        job = _job(plan, Side.BARE, Arrived.make(folders[0].path / "bare-arrived"))
        here, there = places
        relay = await stack.enter_async_context(
            Worker.started(_job_of(job, Role.RELAY, places=(here, there)))
        )
        ends = (_job_of(job, Role.SEND, places=(here,)), _job_of(job, Role.TAKE, places=(there,)))
        yield await stack.enter_async_context(_lane(*ends, {"relay": relay.pid}))


def _between(folders: list[DomainFolder]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for name, folder in zip("ab", folders, strict=True):
        found[f"broker {name}"] = broker(folder)
        for number, pid in enumerate(gateways(folder), 1):
            found[f"gateway {name}{number}"] = pid
    return found


@asynccontextmanager
async def _lane(send: Job, take: Job, between: dict[str, int | None]) -> AsyncIterator[_Lane]:
    async with Worker.started(take) as taker, Worker.started(send) as sender:
        yield _Lane(sender, taker, between)


def _job(plan: RelayPlan, side: Side, arrived: Path) -> Job:
    at_once = plan.at_once if plan.reliable else 1
    return Job(Role.SEND, side, str(arrived), plan.size, plan.reliable, at_once)


def _job_of(job: Job, role: Role, *, home: str = "", peer: str = "", places: tuple[Place, ...] = ()) -> Job:
    return msgspec.structs.replace(job, role=role, home=home, peer=peer, places=places)
