"""Does to a federation what a schedule says, and remembers when each fault began and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from overlay.brokers.process import ServerProcess
from overlay.chaos.crew import Crew
from overlay.chaos.duty import Role
from overlay.chaos.orders import FASTER
from overlay.chaos.plan import Act, ChaosPlan, Step, Target
from overlay.chaos.proxy import LinkProxy
from overlay.chaos.weather import FAIR, Weather
from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder
from overlay.settings import Settings

Tell = Callable[[str], None]
_ROLES = {Target.RECEIVER: Role.RECEIVER, Target.SENDER: Role.SENDER}


@dataclass(frozen=True, slots=True)
class Fault:
    """One that was done. Moments of the monotonic clock."""

    step: Step
    begun: float
    ended: float
    done: bool
    """False: its target was not there just then."""


class Nemesis:
    """`domains`, `proxies` and the agents of `crew` in the same order."""

    def __init__(
        self,
        domains: Sequence[DomainFolder],
        proxies: Sequence[LinkProxy],
        crew: Crew,
        settings: Settings,
        tell: Tell,
    ) -> None:
        self._domains = domains
        self._proxies = proxies
        self._crew = crew
        self._settings = settings
        self._tell = tell
        self.faults: list[Fault] = []

    async def strike(self, plan: ChaosPlan) -> None:
        """Returns when all is done, and over."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for step in plan.steps:
                group.create_task(self._at(step, begun + step.at_s, plan))

    async def _at(self, step: Step, when: float, plan: ChaosPlan) -> None:
        await asyncio.sleep(max(0.0, when - time.monotonic()))
        where = self._domains[step.domain].path.name
        lasting = f" for {step.for_s:.1f} s" if step.for_s else ""
        self._tell(f"{step.at_s:6.1f} s  {step.act} {step.target} of {where}{lasting}")
        begun = time.monotonic()
        done = await self._do(step, plan)
        self.faults.append(Fault(step, begun, time.monotonic(), done))

    async def _do(self, step: Step, plan: ChaosPlan) -> bool:
        match step.act:
            case Act.KILL:
                return self._signal(step, signal.SIGKILL)
            case Act.RESTART:
                return self._signal(step, signal.SIGTERM)
            case Act.PAUSE:
                return await self._pause(step)
            case Act.FLOOD:
                return await self._flood(step, plan.flood)
            case Act.RESET:
                self._proxies[step.domain].reset()
                return True
            case Act.CUT | Act.HOLE | Act.SLOW:
                return await self._change_weather(step)

    async def _pause(self, step: Step) -> bool:
        stopped = self._signal(step, signal.SIGSTOP)
        try:
            await asyncio.sleep(step.for_s)
        finally:
            self._signal(step, signal.SIGCONT)
        return stopped

    async def _flood(self, step: Step, times: float) -> bool:
        sender = self._crew.of(Role.SENDER)[step.domain]
        await sender.tell(f"{FASTER} {times}")
        await asyncio.sleep(step.for_s)
        await sender.tell(f"{FASTER} 1")
        return True

    async def _change_weather(self, step: Step) -> bool:
        settings, proxy = self._settings, self._proxies[step.domain]
        slow = Weather(
            delay_s=settings.chaos_delay_s,
            jitter_s=settings.chaos_jitter_s,
            bytes_per_s=settings.chaos_bytes_per_s,
        )
        proxy.change({Act.CUT: Weather(cut=True), Act.HOLE: Weather(hole=True)}.get(step.act, slow))
        await asyncio.sleep(step.for_s)
        proxy.change(FAIR)
        return True

    def _signal(self, step: Step, number: signal.Signals) -> bool:
        """Whether it was there."""
        role = _ROLES.get(step.target)
        if role is not None:
            worker = self._crew.of(role)[step.domain]
            if number is signal.SIGKILL:
                worker.kill()
            else:
                worker.signal(number)
            return True
        folder = self._domains[step.domain]
        if step.target is Target.BROKER:
            pid, whole = ServerProcess(folder.broker / "pid", "broker").pid, True
        else:
            pid, whole = process_of(folder, step.target).pid, False
        if pid is None:
            return False
        try:
            if whole and number is not signal.SIGTERM:  # RabbitMQ's is more than one process
                os.killpg(os.getpgid(pid), number)
            else:
                os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True
