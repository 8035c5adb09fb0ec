"""One chaos run: load on a federation, what is done to it meanwhile, and the verdict. The composition."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from overlay.chaos.duty import Role
from overlay.chaos.judge import judge, open_messages
from overlay.chaos.nemesis import Nemesis, Tell
from overlay.chaos.orders import GO, PUT_OUT, STOP
from overlay.chaos.plan import ChaosPlan
from overlay.chaos.recorder import Reading
from overlay.chaos.records import Finished, Ready, Record
from overlay.chaos.recovery import Passages, slowest
from overlay.chaos.report import Report, Told
from overlay.chaos.stage import Stage, staged
from overlay.errors import TimedOut
from overlay.transport.address import BrokerKind

_LOOK_S = 0.25
_PROGRESS_S = 5.0
_HALFWAY = 0.5


async def run_chaos(
    plan: ChaosPlan, brokers: Sequence[BrokerKind], tell: Tell, keep: Path | None = None
) -> Report:
    """A domain on each of `brokers`. `keep`: a folder for records and logs. Raises OverlayError when the
    federation or an agent does not come up.
    """
    how = "in a row" if plan.row else "linked"
    tell(f"starting {len(brokers)} domains on {', '.join(brokers)}, {how}")
    async with staged(plan, brokers, keep) as stage:
        return await _Run(plan, stage, tell).run([str(kind) for kind in brokers])


class _Run:
    def __init__(self, plan: ChaosPlan, stage: Stage, tell: Tell) -> None:
        self._plan = plan
        self._folders = stage.folders
        self._crew = stage.crew
        self._settings = stage.settings
        self._tell = tell
        self._nemesis = Nemesis(stage.folders, stage.proxies, stage.crew, stage.settings, tell)
        self._reading = Reading(stage.place)

    async def run(self, brokers: Sequence[str]) -> Report:
        plan = self._plan
        async with self._crew.working():
            await self._until_ready()
            self._tell(f"seed {plan.seed}: {plan.rate:g} messages/s for {plan.seconds:g} s")
            begun = time.monotonic()
            await self._crew.tell(GO)
            await self._load(begun)
            await self._crew.tell(STOP)
            drained_s = await self._drain()
        passages = Passages(self._look())
        faults = self._faults(passages, begun)
        asked_for = {"row": plan.row, "seed": plan.seed, "seconds": plan.seconds, "rate": plan.rate}
        return Report(
            scenario=plan.scenario,
            parameters={"brokers": list(brokers), **asked_for},
            verdict=judge(self._look(), self._crew.killed),
            recovery_s=slowest([one.recovery_s for one in faults]),
            longest_pause_s=passages.longest_pause_s(),
            drained_s=drained_s,
            faults=faults,
            failed=self._crew.failed,
        )

    def _faults(self, passages: Passages, begun: float) -> list[Told]:
        return [
            Told(
                at_s=round(fault.begun - begun, 2),
                act=str(fault.step.act),
                target=str(fault.step.target),
                domain=self._folders[fault.step.domain].path.name,
                for_s=round(fault.step.for_s, 2),
                recovery_s=passages.recovery_s(fault.ended),
                asking_recovery_s=passages.asking_recovery_s(fault.ended),
                done=fault.done,
            )
            for fault in sorted(self._nemesis.faults, key=lambda fault: fault.begun)
        ]

    async def _until_ready(self) -> None:
        wanted = {worker.process for worker in self._crew.workers}
        try:
            async with asyncio.timeout(self._settings.chaos_ready_s):
                while missing := wanted - {one.process for one in self._look() if isinstance(one, Ready)}:
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise TimedOut(
                f"{', '.join(sorted(missing))} did not come up: see their logs (--keep FOLDER)"
            ) from error

    async def _load(self, begun: float) -> None:
        """Returns when the time is over, and every fault."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._nemesis.strike(self._plan))
            group.create_task(self._put_out(_HALFWAY * self._plan.seconds))
            until = begun + self._plan.seconds
            while (left := until - time.monotonic()) > 0:
                await asyncio.sleep(min(_PROGRESS_S, left))
                self._progress(time.monotonic() - begun)

    async def _put_out(self, after_s: float) -> None:
        """The guest, by the owner."""
        await asyncio.sleep(after_s)
        await self._crew.of(Role.SENDER)[0].tell(PUT_OUT)

    async def _drain(self) -> float:
        """Returns when all senders finished and all they sent was delivered or told, or the time for it is
        over; after how long.
        """
        begun = shown = time.monotonic()
        limit_s = self._settings.chaos_deadline_s + self._settings.chaos_allowance_s
        while (now := time.monotonic()) < begun + limit_s:
            records = self._look()
            finished = {one.process for one in records if isinstance(one, Finished)}
            sending = [one for one in self._crew.of(Role.SENDER) if one.process not in finished]
            left = open_messages(records)
            if not left and not sending:
                break
            if now - shown > _PROGRESS_S:
                self._tell(f"waiting for {left} messages, {len(sending)} senders")
                shown = now
            await asyncio.sleep(_LOOK_S)
        return time.monotonic() - begun

    def _look(self) -> Sequence[Record]:
        return self._reading.look()

    def _progress(self, at_s: float) -> None:
        so_far = judge(self._look(), self._crew.killed)
        self._tell(
            f"{at_s:6.1f} s  {so_far.accepted} accepted, {so_far.delivered} delivered, "
            f"{so_far.duplicates} twice, {so_far.misordered} out of order, {so_far.leaked} leaked"
        )
