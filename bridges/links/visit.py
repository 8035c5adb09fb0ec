"""One stay at one address of a peer: a line to each process of its gateway, with keys renewed in time, and
another line at once where the peer does not answer any more.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from bridges.links.caller import Caller
from bridges.links.line import Line
from bridges.links.traffic import Traffic
from bridges.ports import Me
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.errors import OverlayError
from overlay.naming.subjects import HELLO
from overlay.settings import Settings
from overlay.transport.contract import Transport


class Visit:
    """Over one transport to the peer's broker at `address`. `arrive`, then `stay`."""

    def __init__(
        self,
        me: Me,
        traffic: Traffic,
        transport: Transport,
        address: str,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._traffic = traffic
        self._link = traffic.link
        self._address = address
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._caller = Caller(me, traffic, transport, address, settings, clock, counters)
        self._kept: dict[str, asyncio.Task[None]] = {}
        self._lines = 0

    async def arrive(self) -> Line:
        """The first line. Raises OverlayError."""
        await self._caller.start()
        return await self._caller.call(HELLO)

    async def stay(self, line: Line) -> None:
        """Until there is no line any more."""
        async with asyncio.TaskGroup() as group:
            self._keep(group, line.process, line)
            while self._lines:
                self._link.told.clear()
                for process in self._link.processes if not self._link.leaving else ():
                    self._keep(group, process, None)
                await self._link.told.wait()
            for task in self._kept.values():
                task.cancel()

    def _keep(self, group: asyncio.TaskGroup, process: str, line: Line | None) -> None:
        if process in self._kept:
            if line is None:
                return
            self._kept.pop(process).cancel()  # it has none, or one that is no better
        self._lines += line is not None
        task = group.create_task(self._keeping(group, process, line), name=f"line to {process}")
        self._kept[process] = task
        task.add_done_callback(lambda _: self._forget(process, task))

    def _forget(self, process: str, task: asyncio.Task[None]) -> None:
        if self._kept.get(process) is task:
            del self._kept[process]

    async def _keeping(self, group: asyncio.TaskGroup, process: str, line: Line | None) -> None:
        """A line to this process, for as long as the peer says that it is there, and any line is."""
        backoff = Backoff(self._settings.link_retry_s, self._settings.link_retry_max_s)
        while True:
            if line is None:
                line = await self._another(process)
            if line is None:
                await backoff.wait()
            else:
                backoff.reset()
                if await self._use(group, line):
                    return
                line = None
            if process not in self._link.processes or self._link.leaving:
                return

    async def _another(self, process: str) -> Line | None:
        try:
            line = await self._caller.call(process)
        except OverlayError as error:
            self._counters[f"dial-process-{error.reason}"] += 1
            self._link.failed(self._address, str(error))
            return None
        self._lines += 1
        return line

    async def _use(self, group: asyncio.TaskGroup, line: Line) -> bool:
        """Until it is over. It is replaced when its keys are used up, or the peer is silent but answers a
        greeting; returns whether the answer was another process's, for which there is a line from now on.
        """
        pauses = Backoff(self._settings.link_retry_s, self._settings.link_retry_max_s)
        try:
            async with asyncio.TaskGroup() as serving:
                serving.create_task(self._serve(line))
                while True:
                    await line.until_due()
                    if line.over:
                        return False
                    doubt = line.carrier.suspect
                    fresh = await self._fresh(line, HELLO if doubt and len(self._kept) == 1 else line.process)
                    if fresh is None:
                        if line.session.worn:
                            await line.close("its keys are used up")
                            return False
                        await pauses.wait()
                        continue
                    if fresh.process != line.process:
                        self._keep(group, fresh.process, fresh)
                        await self._part(line)
                        return True
                    serving.create_task(self._serve(fresh))
                    serving.create_task(self._part(line))
                    if self._clock() - line.since > self._settings.link_silence_s:
                        pauses.reset()
                    line = fresh
                    if doubt:
                        await pauses.wait()
        finally:
            self._lines -= 1
            self._link.told.set()

    async def _fresh(self, line: Line, process: str) -> Line | None:
        """One beside it. Its own process may be gone: if we know of no other, any will do."""
        why = "begun-anew" if line.carrier.suspect else "rekeyed"
        try:
            fresh = await self._caller.call(process)
        except OverlayError as error:
            self._counters[f"not-{why}-{error.reason}"] += 1
            return None
        self._counters[why] += 1
        return fresh

    async def _serve(self, line: Line) -> None:
        try:
            await self._traffic.serve(line)
        finally:
            self._caller.close(line)

    async def _part(self, line: Line) -> None:
        """With one that another takes the place of."""
        await asyncio.sleep(0)  # the other is up
        if line.carrier.suspect:
            line.lose("the peer did not answer there, and answered a new greeting")
            return
        line.retired = True
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                await line.until_settled()
        except TimeoutError:
            self._counters["rekey-unsettled"] += 1
        await line.close("there is another")
