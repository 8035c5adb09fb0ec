"""One link session over a transport: fills frames, sends, receives, and knows when the peer is gone."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from bridges.batch import Batch
from bridges.cargo import Cargo
from bridges.frame import (
    Ack,
    Bye,
    Failure,
    Heartbeat,
    Item,
    Message,
    Summary,
    SyncRequest,
    decode_frame,
    encode_frame,
)
from bridges.handshake import Established
from bridges.link_session import Gap
from bridges.window import Arrivals, FrameCredit, Window
from overlay.clock import Clock
from overlay.endpoint.background import beside
from overlay.errors import BadInput, Expired, OverlayError, Untrusted
from overlay.settings import Settings


class LineHost(Protocol):
    """What becomes of what a line brings."""

    async def message(self, line: Line, message: Message) -> None:
        """Deliver it, or `line.refuse` it; a numbered one also `line.settled` or refused, later."""

    async def settled(self, done: Sequence[Cargo], failed: Sequence[tuple[Cargo, str]]) -> None:
        """The peer has stored these; those not, for the reason given."""

    async def late(self, cargo: Sequence[Cargo]) -> None:
        """The peer was silent about these for too long."""

    def refused(self, failure: Failure) -> None:
        """The peer dropped a realtime message."""

    def summary(self, line: Line, item: Summary) -> None:
        """News of the peer's registry."""

    def sync(self, line: Line, item: SyncRequest) -> None:
        """The peer wants news of ours."""

    def bye(self, item: Bye) -> None:
        """The peer ends this session."""


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
        accepted: bool,
    ) -> None:
        self.accepted = accepted
        """Whether the peer dialled."""
        self.session = established.session
        self.peer = established.peer
        self.process = established.process
        self.serial = established.serial
        self.over = ""
        self.retired = False
        self._parted = False
        self._send = send
        self._host = host
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._batch: Batch[Cargo] = Batch(
            items=settings.link_frame_items,
            size=min(settings.link_frame_bytes, settings.max_payload_bytes // 2),
            wait_s=settings.link_batch_wait_s,
            pending_items=settings.link_pending_items,
            pending_bytes=settings.link_pending_bytes,
        )
        self._window: Window[Cargo] = Window(settings.link_window)
        self._stored_pending = 0
        self._expired: list[Cargo] = []
        self._beside = settings.max_payload_bytes // 16
        self._credit = FrameCredit(settings.link_credit_frames)
        self._arrivals = Arrivals()
        self._failures: deque[Failure] = deque()
        self._control: deque[Item] = deque()
        self._ack_due = False
        self._heard = time.monotonic()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()

    # -- to the peer --------------------------------------------------------------------------------------
    @property
    def quiet(self) -> bool:
        """Whether the peer missed its last signs of life: another line is the better one."""
        return time.monotonic() - self._heard > 2 * self._settings.link_heartbeat_s

    @property
    def crowded(self) -> bool:
        """Whether a frame waits to be sent: let others run."""
        return self._batch.full

    def offer(self, cargo: Cargo) -> bool:
        """Take it for the peer; False when a bound is reached or the line is over."""
        if self.over or (cargo.stored is not None and self._stored_pending >= self._window.room):
            return False
        if not self._batch.offer(cargo, cargo.size, cargo.header.priority, time.monotonic()):
            return False
        self._stored_pending += cargo.stored is not None
        self._wake.set()
        return True

    def post(self, item: Item) -> None:
        """Send this before any message."""
        self._control.append(item)
        self._wake.set()

    async def posted(self) -> None:
        """Returns when all that was posted went out, or the line is over."""
        while self._control and not self.over:
            await self._change()

    def settled(self, number: int) -> None:
        """The arrived message `number` is stored."""
        self._arrivals.settled(number)
        self._ack_due = True
        self._wake.set()

    def refuse(self, failure: Failure) -> None:
        """An arrived message was not taken; the peer is told."""
        if len(self._failures) >= self._settings.link_pending_items:
            self.end("the peer takes no acknowledgements")
        elif failure.number:
            self._failures.append(failure)
            self.settled(failure.number)
        elif len(self._failures) < self._settings.gateway_failures:
            self._failures.append(failure)
            self._ack_due = True
            self._wake.set()
        else:
            self._counters["unreported-failure"] += 1

    # -- life -------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Until the line is over."""
        async with beside(self._guarded(self._pump()), self._guarded(self._watch())):
            while not self.over:
                await self._change()
        if not self._parted:
            await self._guarded(self._part())

    async def _part(self) -> None:
        """The peer need not wait for our silence."""
        bye = encode_frame((Bye(self.over[:200]),), self._settings.link_compress_bytes)
        await self._send(self.session.seal(bye))

    def end(self, why: str) -> None:
        """It is over, now."""
        self.over = self.over or why
        self._changed.set()

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

    async def until_worn(self) -> None:
        """Returns when new keys are due, or the line is over."""
        while not (self.over or self.session.worn):
            await self._change()

    async def until_settled(self) -> None:
        """Returns when nothing is on its way to the peer, or the line is over."""
        while (len(self._batch) or len(self._window)) and not self.over:
            await self._change()

    def leftovers(self) -> list[Cargo]:
        """What the peer may not have, once the line is over: it goes into other frames."""
        self._stored_pending = 0
        return [*self._window.drain(), *self._batch.drain()]

    # -- from the peer ------------------------------------------------------------------------------------
    async def received(self, data: bytes) -> None:
        """A frame for this session."""
        if self.over:
            return
        try:
            frame = self.session.open(data)
        except Gap as error:
            self._counters[error.reason] += 1
            self.end(str(error))
            return
        except (BadInput, Untrusted) as error:
            self._counters[f"frame-{error.reason}"] += 1
            return
        self._heard = time.monotonic()
        try:
            await self._handle(decode_frame(frame, self._settings.link_frame_max_bytes))
        except BadInput as error:
            self._counters[f"frame-{error.reason}"] += 1
            self.end(f"the peer sent a frame that breaks the protocol: {error}")
        if self.session.worn:
            self._changed.set()

    async def _handle(self, items: tuple[Item, ...]) -> None:
        for item in items:
            if isinstance(item, Message):
                self._ack_due = True
                if item.number:
                    self._arrivals.begin(item.number)
                await self._host.message(self, item)
            else:
                await self._handle_control(item)
        if self._ack_due:
            self._wake.set()

    async def _handle_control(self, item: Ack | Heartbeat | Summary | SyncRequest | Bye) -> None:
        match item:
            case Ack():
                await self._acknowledged(item)
            case Summary():
                self._ack_due = True
                self._host.summary(self, item)
            case SyncRequest():
                self._host.sync(self, item)
            case Bye():
                self._parted = True
                self._host.bye(item)
                self.end(f"the peer said goodbye: {item.reason[:200]}")
            case Heartbeat():
                self._counters["heartbeat"] += 1

    async def _acknowledged(self, ack: Ack) -> None:
        self._credit.acknowledged(ack.frames, self.session.sent)
        numbered = [(failure.number, failure.reason) for failure in ack.failures if failure.number]
        done, failed = self._window.settle(ack.stored, numbered)
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
            wait_s = self._batch.wait_s(time.monotonic())
            if wait_s and not self._control:
                await asyncio.sleep(wait_s)
            self._wake.clear()
            while items := self._next_items():
                if any(isinstance(item, Message | Summary) for item in items):
                    self._credit.sent(self.session.sent)
                frame = encode_frame(items, self._settings.link_compress_bytes)
                await self._send(self.session.seal(frame))
                await self._give_up_expired()
                await asyncio.sleep(0)
            await self._give_up_expired()
            self._changed.set()

    def _next_items(self) -> list[Item]:
        items: list[Item] = []
        if self._ack_due:
            items.append(Ack(self.session.received, self._arrivals.upto, tuple(self._failures)))
            self._failures.clear()
            self._ack_due = False
        size = 0
        while self._control and size < self._beside:
            item = self._control[0]
            if isinstance(item, Summary) and not self._credit.left:
                break
            items.append(self._control.popleft())
            size += len(item.changes) if isinstance(item, Summary) else 0
        if self._credit.left and size < self._beside:
            items += self._framed()
        return items

    def _framed(self) -> list[Message]:
        now, steady = self._clock(), time.monotonic()
        framed = []
        for cargo in self._batch.take(steady):
            stored = cargo.stored is not None
            self._stored_pending -= stored
            try:
                left_ms = cargo.transit.left_ms(now)
            except Expired:
                self._expired.append(cargo)
                continue
            number = self._window.add(cargo, steady) if stored else 0
            framed.append(cargo.message(number, left_ms))
        return framed

    async def _give_up_expired(self) -> None:
        if self._expired:
            expired, self._expired = self._expired, []
            await self._host.settled((), [(cargo, Expired.reason) for cargo in expired])

    async def _watch(self) -> None:
        settings = self._settings
        while True:
            await asyncio.sleep(settings.link_heartbeat_s)
            silent_s = time.monotonic() - self._heard
            if silent_s > settings.link_silence_s:
                self._counters["silence"] += 1
                self.end(f"the peer was silent for {silent_s:.0f} s")
            if not self._control:
                self.post(Heartbeat())
            await self._host.late(self._window.give_back(time.monotonic() - settings.link_hold_s))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except OverlayError as error:
            self._counters[f"line-{error.reason}"] += 1
            self.end(str(error))

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
