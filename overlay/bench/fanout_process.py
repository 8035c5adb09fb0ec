"""The program of one process of a fan-out measurement: the publisher, or some of the members."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from overlay.agent.running import run_as_program
from overlay.bench.fanout_bare import bare_members, bare_source
from overlay.bench.fanout_jobs import FanoutJob, Members, Source, all_of
from overlay.bench.fanout_overlay import overlay_members, overlay_source
from overlay.bench.obeying import obey
from overlay.bench.relay_jobs import Side
from overlay.bench.relay_pump import Pump
from overlay.bench.relay_tally import Arrived, Tally


class _Completed:
    """Publications that arrived at all members, as who publishes sees it: their deliveries, shared out."""

    def __init__(self, arrived: Sequence[Arrived], members: int) -> None:
        self._arrived = arrived
        self._members = members
        self._before = sum(one.count for one in arrived)

    @property
    def count(self) -> int:
        return (sum(one.count for one in self._arrived) - self._before) // self._members


class _Shared:
    """Where the members of one process count together; each counts its own."""

    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived
        self._count = 0

    @property
    def count(self) -> int:
        """Of this member."""
        return self._count

    @count.setter
    def count(self, count: int) -> None:
        self._arrived.count += count - self._count
        self._count = count


class _Publishing:
    def __init__(self, source: Source, job: FanoutJob) -> None:
        self._source = source
        self._job = job
        self._arrived = [Arrived(Path(name)) for name in job.arrived]
        self._pump: Pump | None = None

    async def do(self, words: list[str]) -> object:
        """One command."""
        match words:
            case ["begin", name, members]:
                await self._source.begin(name)
                completed = _Completed(self._arrived, int(members))
                self._pump = Pump(self._source.send, completed, self._job.size, self._job.at_once)
            case ["run", seconds, window] if self._pump is not None:
                return await self._pump.run(float(seconds), int(window))
            case _:
                await self._source.end()
        return None


class _Taking:
    def __init__(self, members: Members, job: FanoutJob) -> None:
        self._members = members
        self._arrived = Arrived(Path(job.arrived[0]))
        self._tallies: list[Tally] = []

    async def do(self, words: list[str]) -> object:
        """One command."""
        match words:
            case ["join", name, count]:
                self._tallies = [Tally(_Shared(self._arrived)) for _ in range(int(count))]
                await self._members.join(name, [tally.take for tally in self._tallies])
            case ["report"]:
                return all_of([tally.report() for tally in self._tallies])
            case _:
                await self._members.leave()
        return None


async def _work(job: FanoutJob) -> None:
    ours = job.side is Side.OVERLAY
    if job.publishes:
        async with (overlay_source if ours else bare_source)(job) as source:
            await obey(_Publishing(source, job).do)
    else:
        async with (overlay_members if ours else bare_members)(job) as members:
            await obey(_Taking(members, job).do)


if __name__ == "__main__":
    run_as_program(_work(msgspec.json.decode(sys.argv[1], type=FanoutJob)))
