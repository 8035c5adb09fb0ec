"""One link session over a transport: fills frames, sends, receives, and knows when the peer is gone."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from bridges.frames.cargo import Cargo
from bridges.frames.frame import (
    Ack,
    Bye,
    Control,
    Echo,
    Failure,
    Heartbeat,
    Item,
    Message,
    Summary,
    decode_frame,
)
from bridges.frames.incoming import Incoming
from bridges.frames.outgoing import Outgoing
from bridges.links.carrier import Carrier
from bridges.links.handshake import Established
from bridges.links.line_host import LineHost
from bridges.links.link_session import Gap
from bridges.links.quality import PathLosses
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.errors import BadInput, Expired, OverlayError, Untrusted
from overlay.settings import Settings


class Line:
    """Made from an established session; `run` ends when it is over, and `over` says why."""

    def __init__(
        self,
        established: Established,
        send: Callable[[bytes], Awaitable[None]],
        host: LineHost,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
        *,
        address: str = "",
        losses: PathLosses | None = None,
    ) -> None:
        """`address`: where we dialled the peer; empty: it dialled us. `losses`: of that way, so far."""
        self.address = address
        self.session = established.session
        self.peer = established.peer
        self.process = established.process
        self.serial = established.serial
        self.place = f"{established.process} {address}"
        self.over = ""
        self.broken = False
        """Whether it was lost, and not ended in order."""
        self.retired = False
        """It gets no new messages."""
        self.parting = False
        """The peer's process ends: so does the line when it has all that is on its way."""
        self.since = clock()
        self.carrier = Carrier(established.session, send, settings, losses)
        self._parted = False
        self._host = host
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self.outgoing = Outgoing(settings)
        self._incoming = Incoming(settings.gateway_failures)
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()

    # -- to the peer --------------------------------------------------------------------------------------
    @property
    def usable(self) -> bool:
        """Whether it takes new messages."""
        return not (self.over or self.retired or self.parting)

    @property
    def doubtful(self) -> bool:
        """Whether the peer does not answer as it did: another line is the better one."""
        return self.carrier.doubtful

    @property
    def score(self) -> float:
        """See `Quality.score`."""
        return self.carrier.quality.score(time.monotonic())

    @property
    def crowded(self) -> bool:
        """Whether a frame waits to be sent: let others run."""
        return self.outgoing.crowded

    def offer(self, cargo: Cargo) -> bool:
        """Take it for the peer; False when a bound is reached or the line is over."""
        if self.over or not self.outgoing.offer(cargo, time.monotonic()):
            return False
        self._wake.set()
        return True

    def post(self, item: Item) -> None:
        """Send this before any message."""
        if not self.outgoing.post(item):
            self.end("the peer takes nothing, and asks on")
        self._wake.set()

    async def posted(self) -> None:
        """Returns when all that was posted went out, or the line is over."""
        while self.outgoing.posting and not self.over:
            await self._change()

    def settled(self, number: int) -> None:
        """The arrived message `number` is stored."""
        self._incoming.settled(number)
        self._wake.set()

    def refuse(self, failure: Failure) -> None:
        """An arrived message was not taken; the peer is told."""
        if not self._incoming.refused(failure):
            self._counters["unreported-failure"] += 1
        elif self._incoming.unreported > self._settings.link_pending_items:
            self.end("the peer takes no acknowledgements")
        self._wake.set()

    # -- life -------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Until the line is over."""
        self.probe()
        async with beside(self._guarded(self._pump()), self._guarded(self._watch())):
            while not self.over and not (self.parting and self.outgoing.settled):
                await self._change()
        self.end("the peer's process ends")
        if not self._parted:
            await self._guarded(self._part())

    async def _part(self) -> None:
        """The peer need not wait for our silence."""
        await self.carrier.send((Bye(self.over[:200]),))

    def end(self, why: str) -> None:
        """It is over, now."""
        self.over = self.over or why
        self._changed.set()

    def lose(self, why: str) -> None:
        """It is over, and not in order."""
        self.broken = self.broken or not self.over
        self.end(why)

    async def close(self, why: str, *, leaving: bool = False) -> None:
        """Tell the peer, then end."""
        self.post(Bye(why, leaving))
        self._parted = True
        try:
            async with asyncio.timeout(self._settings.drain_timeout_s):
                await self.posted()
        except TimeoutError:
            self._counters["bye-not-sent"] += 1
        self.end(why)

    def doubt(self) -> None:
        """The peer does not answer. If we dialled it, we greet it anew: it may know nothing of us."""
        self.carrier.suspect = True
        self._changed.set()

    async def until_due(self) -> None:
        """Returns when another session is due (keys are used up, the peer is in doubt), or it is over."""
        while not (self.over or self.session.worn or self.carrier.suspect):
            await self._change()

    async def until_settled(self) -> None:
        """Returns when nothing is on its way to the peer, or the line is over."""
        while not (self.outgoing.settled or self.over):
            await self._change()

    def probe(self) -> None:
        """Ask for an answer now."""
        self.post(Heartbeat(self.carrier.probing()))

    def part(self) -> None:
        """The peer's process ends: no new messages, and an end in order when those on their way are there."""
        self.parting = True
        self._changed.set()

    # -- from the peer ------------------------------------------------------------------------------------
    async def received(self, data: bytes) -> None:
        """A frame for this session."""
        if self.over:
            return
        try:
            frame = self.carrier.opened(data)
        except Gap as error:
            self._counters[error.reason] += 1
            self.lose(str(error))
            return
        except (BadInput, Untrusted) as error:
            self._counters[f"frame-{error.reason}"] += 1
            return
        try:
            await self._handle(decode_frame(frame, self._settings.link_frame_max_bytes))
        except OverlayError as error:
            self._counters[f"frame-{error.reason}"] += 1
            self.end(f"a frame could not be handled: {error}")
        if self.session.worn:
            self._changed.set()

    async def _handle(self, items: tuple[Item, ...]) -> None:
        for item in items:
            if isinstance(item, Message):
                self._incoming.begin(item.number)
                self.carrier.messages["in"] += 1
                waits = self._host.message(self, item)
                if waits is not None:
                    await waits
            else:
                await self._handle_control(item)
        if self._incoming.due:
            self._wake.set()

    async def _handle_control(self, item: Control) -> None:
        match item:
            case Ack():
                await self._acknowledged(item)
            case Heartbeat():
                self._counters["heartbeat"] += 1
                if item.sent:
                    self.post(Echo(item.sent))
            case Echo():
                self.carrier.echoed(item.sent)
            case Bye():
                self._parted = True
                self._host.control(self, item)
                self.end(f"the peer said goodbye: {item.reason[:200]}")
            case _:
                self._incoming.due = self._incoming.due or isinstance(item, Summary)
                self._host.control(self, item)

    async def _acknowledged(self, ack: Ack) -> None:
        done, failed = self.outgoing.acknowledged(ack, self.session.sent)
        self.carrier.acknowledged(ack.frames)
        for failure in ack.failures:
            if not failure.number:
                self._host.refused(failure)
        self._wake.set()
        self._changed.set()
        if done or failed:
            await self._host.settled(done, failed)

    # -- tasks ------------------------------------------------------------------------------------------
    async def _pump(self) -> None:
        while True:
            await self._wake.wait()
            wait_s = self.outgoing.wait_s(time.monotonic())
            if wait_s:
                await asyncio.sleep(wait_s)
            self._wake.clear()
            while items := self._next_items():
                await self.carrier.send(items)
                await self._give_up()
                await asyncio.sleep(0)
            await self._give_up()
            self._changed.set()

    def _next_items(self) -> list[Item]:
        items = self.outgoing.next_items(self.session.sent, self._clock(), time.monotonic())
        return [self._incoming.ack(self.session.received), *items] if self._incoming.due else items

    async def _give_up(self) -> None:
        if expired := self.outgoing.expired():
            await self._host.settled((), [(cargo, Expired.reason) for cargo in expired])
        if shed := self.outgoing.shed():
            await self._host.shed(shed)

    async def _watch(self) -> None:
        settings = self._settings
        while True:
            await asyncio.sleep(settings.link_heartbeat_s)
            silent_s = self.carrier.silent_s
            if silent_s > settings.link_silence_s:
                self._counters["silence"] += 1
                self.lose(f"the peer was silent for {silent_s:.0f} s")
            if not self.outgoing.posting:
                self.probe()
            await self._host.late(self.outgoing.late(time.monotonic() - settings.link_hold_s))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except OverlayError as error:
            self._counters[f"line-{error.reason}"] += 1
            self.lose(str(error))

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
