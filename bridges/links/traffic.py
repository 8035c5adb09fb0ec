"""What happens on the lines to one peer: the meeting point of outflow, inflow and synchronisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bridges.border.roster import Roster
from bridges.forwarding import Forwarding
from bridges.frames.cargo import Cargo
from bridges.frames.frame import Bye, Control, Failure, Message, Processes, Summary, SyncProgress, SyncRequest
from bridges.inflow import Inflow
from bridges.lasting import lasting
from bridges.links.line import Line
from bridges.links.line_host import LineWatcher
from bridges.links.link import Link
from bridges.ports import RegistryPort
from bridges.synchronising.announcer import Announcer
from bridges.synchronising.learning import Learning
from overlay.backoff import Backoff
from overlay.endpoint.background import beside
from overlay.settings import Settings
from overlay.transport.contract import OnError

K = TypeVar("K", bound=Control)


class Traffic:
    """The `LineHost` of one peer's lines."""

    def __init__(
        self,
        link: Link,
        forwarding: Forwarding,
        inflow: Inflow,
        learning: Learning,
        registry: RegistryPort,
        roster: Roster,
        settings: Settings,
        counters: Counter[str],
        on_error: OnError,
    ) -> None:
        self.link = link
        self._forwarding = forwarding
        self._inflow = inflow
        self._learning = learning
        self._registry = registry
        self._roster = roster
        self._settings = settings
        self._counters = counters
        self._on_error = on_error
        self._announcers: dict[Line, Announcer] = {}
        self.watchers: list[LineWatcher] = []
        self._handlers: dict[type, Callable[[Line, Control], None]] = {}
        self.on(Summary, learning.summary)
        self.on(SyncRequest, self._sync)
        self.on(SyncProgress, self._progress)
        self.on(Bye, self._bye)
        self.on(Processes, link.learn_processes)

    async def serve(self, line: Line) -> None:
        """Use a new line until it is over."""
        announcer = self._announcer(line)
        where = f"announcing to {self.link.domain}"
        backoff = Backoff(self._settings.gateway_restart_s, self._settings.gateway_restart_max_s)
        line.post(self.link.ours())
        self.link.up(line)
        for watcher in self.watchers:
            watcher.up(line)
        try:
            async with beside(lasting(where, announcer.run, backoff, self._on_error)):
                await line.run()
        finally:
            line.end("the gateway stopped using it")
            self.link.down(line)
            for watcher in self.watchers:
                watcher.down(line)
            del self._announcers[line]
            self._counters["lines-ended"] += 1
            await self.move(line)
            lost = line.outgoing.lost()
            if line.broken or line.carrier.suspect:  # else the peer was there to the end
                await self._forwarding.lost(self.link, lost)

    async def move(self, line: Line) -> None:
        """What it has goes over other lines."""
        await self._forwarding.leftovers(self.link, line.outgoing.leftovers())

    def _announcer(self, line: Line) -> Announcer:
        """Of this line: a peer's question may come before `serve` has begun, and is not asked again."""
        if line not in self._announcers:
            settings, domain = self._settings, self.link.domain
            self._announcers[line] = Announcer(line, domain, self._registry, self._roster, settings)
        return self._announcers[line]

    def message(self, line: Line, message: Message) -> Awaitable[None] | None:
        """See `LineHost`."""
        return self._inflow.message(self.link, line, message)

    async def settled(self, done: Sequence[Cargo], failed: Sequence[tuple[Cargo, str]]) -> None:
        """See `LineHost`."""
        await self._forwarding.settled(self.link, done, failed)

    async def late(self, cargo: Sequence[Cargo]) -> None:
        """See `LineHost`."""
        await self._forwarding.late(self.link, cargo)

    async def shed(self, cargo: Sequence[Cargo]) -> None:
        """See `LineHost`."""
        await self._forwarding.shed(self.link, cargo)

    def refused(self, failure: Failure) -> None:
        """See `LineHost`."""
        self._forwarding.refused(self.link, failure)

    def on(self, kind: type[K], handler: Callable[[Line, K], None]) -> None:
        """From now on `handler` takes the items of this kind. It must not wait."""

        def run(line: Line, item: Control) -> None:
            if isinstance(item, kind):
                handler(line, item)

        self._handlers[kind] = run

    def control(self, line: Line, item: Control) -> None:
        """See `LineHost`."""
        handler = self._handlers.get(type(item))
        if handler is None:
            self._counters[f"control-not-taken-{type(item).__name__.lower()}"] += 1
        else:
            handler(line, item)

    def _sync(self, line: Line, item: SyncRequest) -> None:
        if not line.over:
            self._announcer(line).request(item)

    def _progress(self, line: Line, _: SyncProgress) -> None:
        if not line.over:
            self._announcer(line).learned()

    def _bye(self, _: Line, item: Bye) -> None:
        """A peer that leaves takes its agents along (GW-6)."""
        self._counters["bye"] += 1
        if item.leaving:
            self._learning.forget()
