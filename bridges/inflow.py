"""What comes in from peers: checked, then published or stored at our broker, or sent on to another domain."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass

from bridges.border.arrival import Arrival, check_arrival, header_of
from bridges.border.border import Border
from bridges.border.exported import Exported
from bridges.border.origins import Origins
from bridges.border.passing import check_passing
from bridges.border.roster import Roster
from bridges.delivery import deliver
from bridges.flows.inward import Inward
from bridges.forwarding import Forwarding
from bridges.frames.cargo import Cargo
from bridges.frames.frame import Failure, Message
from bridges.links.line import Line
from bridges.links.link import Link
from bridges.links.passage import Passage, after_ms, failure_of
from bridges.multicast.casting import Casting
from bridges.outflow import check_size
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from bridges.routing.transit import Transit
from overlay.clock import Clock
from overlay.errors import NotFound, OverlayError, Overloaded
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.transport.contract import Transport
from overlay.trust.attributes import Attributes
from overlay.wire.envelope import Header


@dataclass(frozen=True, slots=True)
class _Waiting:
    link: Link
    line: Line
    number: int
    back: tuple[str, ...]
    arrival: Arrival
    since: float


class Inflow:
    """Realtime messages are published at once; stored ones, and those to agents that we do not know yet,
    wait in a bounded queue for one of a few workers.
    """

    def __init__(
        self,
        routes: Routes,
        transport: Transport,
        roster: Roster,
        border: Border,
        caps: Caps,
        exported: Exported,
        forwarding: Forwarding,
        casting: Casting,
        inward: Inward,
        origins: Origins,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._routes = routes
        self._domain = routes.domain
        self._forwarding = forwarding
        self._casting = casting
        self._inward = inward
        self._origins = origins
        self._transport = transport
        self._roster = roster
        self._border = border
        self._caps = caps
        self._exported = exported
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(settings.gateway_arrivals)

    def message(self, link: Link, line: Line, message: Message) -> Awaitable[None] | None:
        """From a line, see `LineHost`."""
        found = self._inward.find(link.domain, message, self._clock())
        if found is None:
            return self._begin(link, line, message)
        header, flow = found
        try:
            _check_rate(link)
            if flow.capped:
                self._caps.enter(header, len(message.envelope), link.domain, time.monotonic())
            if not self._transport.publish_now(flow.subject, message.envelope):
                return self._publish(line, message, header, flow.subject)
        except OverlayError as error:
            self._refuse(line, 0, (), header, error)
        else:
            self._counters["in-realtime"] += 1
        return None

    async def _publish(self, line: Line, message: Message, header: Header, subject: str) -> None:
        try:
            await self._transport.publish(subject, message.envelope)
            self._counters["in-realtime"] += 1
        except OverlayError as error:
            self._refuse(line, 0, (), header, error)

    async def _begin(self, link: Link, line: Line, message: Message) -> None:
        """The whole way: decode, verify, route; then it is for us, or goes on."""
        header: Header | None = None
        try:
            header = header_of(message)
            _check_rate(link)
            if message.cast:
                await self._casting.arrived(link, line, message, header)
                return
            transit = check_passing(message, header, link.domain, self._routes, self._clock(), self._settings)
            if PartyId.parse(header.to).domain == self._domain:
                await self._arrived(link, line, message, header, transit)
            else:
                lane = self._caps.carry(header, len(message.envelope), link.domain, time.monotonic())
                await self._pass_on(line, message, header, transit, lane)
        except OverlayError as error:
            self._refuse(line, message.number, message.path[:-1], header, error)

    async def _arrived(
        self, link: Link, line: Line, message: Message, header: Header, transit: Transit
    ) -> None:
        arrival = check_arrival(message, header, self._domain, transit.until)
        self._border.enter(header)
        self._caps.enter(header, len(message.envelope), link.domain, time.monotonic())
        if message.number or not (self._proving(header) and self._there(arrival)):
            back = message.path[:-1]
            self._wait(_Waiting(link, line, message.number, back, arrival, time.monotonic()))
            return
        self._admit(link, arrival)
        await self._transport.publish(arrival.subject, arrival.envelope)
        self._counters["in-realtime"] += 1
        self._inward.keep(link.domain, message, arrival, time.monotonic())

    async def _pass_on(
        self, line: Line, message: Message, header: Header, transit: Transit, lane: Priority
    ) -> None:
        """It is between other domains: neither our border policy nor our agents' are asked, only whether we
        carry between the two (`Routes.next_hop`).
        """
        check_size(message.envelope, self._settings)
        passage = Passage(line, message, header)
        stored = passage if message.number else None
        cargo = Cargo(header, message.envelope, transit, stored, lane, brought=passage)
        await self._forwarding.pass_on(cargo)

    async def work(self) -> None:
        """One worker."""
        while True:
            waiting = await self._queue.get()
            try:
                await self._deliver(waiting)
            except OverlayError as error:
                self._refuse(waiting.line, waiting.number, waiting.back, waiting.arrival.header, error)

    def _wait(self, waiting: _Waiting) -> None:
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull as error:
            raise Overloaded("too many messages arrive at one time (gateway_arrivals)") from error

    async def _deliver(self, waiting: _Waiting) -> None:
        arrival = waiting.arrival
        if not self._proving(arrival.header):
            await self._origins.check(PartyId.parse(arrival.header.sender).domain)
        if not await self._roster.finds(lambda: self._there(arrival), waiting.since):
            raise NotFound(f"{arrival.to} is no agent of {self._domain}")
        self._admit(waiting.link, arrival)
        await deliver(self._transport, arrival, self._clock, stored=bool(waiting.number))
        if not waiting.number:
            self._counters["in-realtime"] += 1
            return
        self._counters["in-stored"] += 1
        waiting.line.settled(waiting.number)

    def _proving(self, header: Header) -> bool:
        """Whether our agents can learn of the sender's domain; they know that of who answers them."""
        return bool(header.slot) or self._origins.sure(header.sender.rpartition("@")[2])

    def _there(self, arrival: Arrival) -> bool:
        """Whether this agent of ours is there for the sender's domain: one that is hidden from it is not,
        and all is done as for one that does not exist. Answers to what it asked come through.
        """
        if not self._roster.knows(arrival.to):
            return False
        home = PartyId.parse(arrival.header.sender).domain
        hidden = self._exported.hides(home, self._roster.get(arrival.to))
        return bool(arrival.header.slot) or not hidden

    def _admit(self, link: Link, arrival: Arrival) -> None:
        attached = self._roster.get(arrival.to)
        if attached is None:
            raise NotFound(f"{arrival.to} is no agent of {self._domain} any more")
        self._border.reach(arrival.header, attached, lambda header: self._attributes(link, header))

    def _attributes(self, link: Link, header: Header) -> Attributes | None:
        sender = PartyId.parse(header.sender)
        return link.trust.attributes(header.card, sender, self._clock()) if header.card else None

    def _refuse(
        self, line: Line, number: int, back: tuple[str, ...], header: Header | None, error: OverlayError
    ) -> None:
        self._counters[f"arrival-{error.reason}"] += 1
        if header is None:
            line.refuse(Failure(number, b"", "", "", error.reason))
        else:
            line.refuse(failure_of(number, header, back, error.reason, after_ms(error)))


def _check_rate(link: Link) -> None:
    if not link.messages.take(time.monotonic()):
        raise Overloaded(f"{link.domain} sends more than it may (link_rate_per_s)")
