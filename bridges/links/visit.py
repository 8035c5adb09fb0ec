"""One stay at one address of a peer: a line to each process of its gateway, with keys renewed in time."""

from __future__ import annotations

import asyncio
from collections import Counter

from bridges.links.greeting import Greeting
from bridges.links.handshake import DiallerHandshake, Established
from bridges.links.line import Line
from bridges.links.switchboard import Switchboard
from bridges.links.traffic import Traffic
from bridges.ports import Me
from overlay.backoff import Backoff
from overlay.clock import Clock
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import GATEWAY, link_name
from overlay.naming.mailboxes import link_process
from overlay.naming.subjects import HELLO, ToLink
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Transport


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
        self._me = me
        self._name = link_name(me().party.domain)
        self._traffic = traffic
        self._link = traffic.link
        self._transport = transport
        self._address = address
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._slot = ""
        self._switchboard = Switchboard(counters, self._answered)
        self._greetings: list[Greeting] = []
        self._kept: dict[str, asyncio.Task[None]] = {}
        self._lines = 0

    async def arrive(self) -> Line:
        """The first line. Raises OverlayError."""
        self._slot = await self._transport.claim_slot(self._name)
        await self._transport.read(link_process(self._name, self._slot), self._switchboard.delivered)
        return await self._shake(HELLO)

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
            return
        self._lines += line is not None
        task = group.create_task(self._keeping(process, line), name=f"line to {process}")
        self._kept[process] = task
        task.add_done_callback(lambda _: self._kept.pop(process, None))

    async def _keeping(self, process: str, line: Line | None) -> None:
        """A line to this process, for as long as the peer says that it is there, and any line is."""
        backoff = Backoff(self._settings.link_retry_s, self._settings.link_retry_max_s)
        while True:
            if line is None:
                line = await self._another(process)
            if line is None:
                await backoff.wait()
            else:
                backoff.reset()
                await self._use(line)
                line = None
            if process not in self._link.processes or self._link.leaving:
                return

    async def _another(self, process: str) -> Line | None:
        try:
            line = await self._shake(process)
        except OverlayError as error:
            self._counters[f"dial-process-{error.reason}"] += 1
            self._link.failed(self._address, str(error))
            return None
        self._lines += 1
        return line

    async def _use(self, line: Line) -> None:
        """A line whose keys are used up is replaced before it ends."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(self._serve(line))
                    await line.until_worn()
                    if line.over:
                        return
                    try:
                        fresh = await self._shake(line.process)
                    except OverlayError as error:
                        self._counters[f"rekey-{error.reason}"] += 1
                        await line.close("its keys are used up")
                        return
                    self._counters["rekeyed"] += 1
                    group.create_task(self._retire(line))
                    line = fresh
        finally:
            self._lines -= 1
            self._link.told.set()

    async def _serve(self, line: Line) -> None:
        try:
            await self._traffic.serve(line)
        finally:
            self._switchboard.close(line)

    async def _retire(self, line: Line) -> None:
        line.retired = True
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                await line.until_settled()
        except TimeoutError:
            self._counters["rekey-unsettled"] += 1
        await line.close("it has new keys")

    async def _shake(self, process: str) -> Line:
        limit = self._settings.link_rekey_frames * 2
        news = self._link.news()
        handshake = DiallerHandshake(self._me(), self._slot, self._link.trust, limit, news=news)
        greeting = Greeting(self._link.domain, process, handshake, self._clock)
        self._greetings.append(greeting)
        try:
            finish, established = await greeting.run(self._send_to, self._settings.link_handshake_s)
        finally:
            self._greetings.remove(greeting)
        line = self._line(established)
        self._switchboard.open(line)
        await self._send_to(established.process, finish)
        return line

    def _line(self, established: Established) -> Line:
        async def send(frame: bytes) -> None:
            await self._send_to(established.process, frame)

        settings, clock, counters = self._settings, self._clock, self._counters
        losses = self._link.losses[self._address]
        host, address = self._traffic, self._address
        return Line(established, send, host, settings, clock, counters, address=address, losses=losses)

    async def _answered(self, delivery: Delivery) -> None:
        if not any(greeting.answered(delivery) for greeting in self._greetings):
            raise Refused("nobody was greeted")

    async def _send_to(self, process: str, payload: bytes) -> None:
        await self._transport.publish(str(ToLink(GATEWAY, process, self._name, self._slot)), payload)
