"""What one session has to send, and what of it the peer does not have yet. Pure."""

from __future__ import annotations

from collections import deque

from bridges.frames.batch import Batch
from bridges.frames.cargo import OVERHEAD, Cargo
from bridges.frames.frame import Ack, Item, Message, Summary
from bridges.frames.room import Room
from bridges.frames.window import FrameCredit, Window
from overlay.errors import Expired
from overlay.settings import Settings


class Outgoing:
    """Control items first, then messages by priority. `steady` is a clock that is never set, in seconds."""

    def __init__(self, settings: Settings) -> None:
        self._batch: Batch[Cargo] = Batch(
            items=settings.link_frame_items,
            size=min(settings.link_frame_bytes, settings.max_payload_bytes // 2),
            wait_s=settings.link_batch_wait_s,
            pending_items=settings.link_pending_items,
            pending_bytes=settings.link_pending_bytes,
        )
        self._beside = settings.max_payload_bytes // 16
        self._window: Window[Cargo] = Window(settings.link_window)
        self._credit = FrameCredit(settings.link_credit_frames)
        self._pending_items = settings.link_pending_items
        self._control: deque[Item] = deque()
        self._limit = settings.link_window
        self._room = Room(self._limit)
        self._expired: list[Cargo] = []
        self._flying: deque[tuple[int, list[Cargo]]] = deque()
        """By frame, as many as there is credit for: realtime messages that the peer has not handled yet."""

    @property
    def crowded(self) -> bool:
        """Whether a whole frame waits."""
        return self._batch.full

    @property
    def posting(self) -> bool:
        """Whether control items wait."""
        return bool(self._control)

    @property
    def waiting(self) -> int:
        """How many messages wait to be sent."""
        return len(self._batch)

    @property
    def unacknowledged(self) -> int:
        """How many stored ones are on their way."""
        return len(self._window)

    @property
    def settled(self) -> bool:
        """Whether no message waits or is on its way."""
        return not (len(self._batch) or len(self._window))

    def offer(self, cargo: Cargo, steady: float) -> bool:
        """Take it, or return False when a bound is reached."""
        sender, lane, size = cargo.header.sender, cargo.lane, len(cargo.envelope) + OVERHEAD
        if cargo.stored is None:
            return self._batch.offer(cargo, size, lane, steady, sender, cargo.weight)
        if not self._room.take(sender, lane):
            return False
        taken = self._batch.offer(cargo, size, lane, steady, sender, cargo.weight)
        if not taken:
            self._room.leave(sender)
        return taken

    def post(self, item: Item) -> bool:
        """Send this before any message. False: more of these wait than messages may."""
        self._control.append(item)
        return len(self._control) <= self._pending_items

    def wait_s(self, steady: float) -> float:
        """How long a frame may wait to be filled."""
        return 0.0 if self._control else self._batch.wait_s(steady)

    def next_items(self, sequence: int, now: float, steady: float) -> list[Item]:
        """What goes into frame `sequence`, as far as the peer gave credit; nothing: send no frame."""
        items: list[Item] = []
        size = 0
        while self._control and size < self._beside:
            item = self._control[0]
            if isinstance(item, Summary):
                if not self._credit.left:
                    break
                size += len(item.changes)
            items.append(self._control.popleft())
        if self._credit.left and size < self._beside:
            items += self._messages(sequence, now, steady)
        if any(isinstance(item, Message | Summary) for item in items):
            self._credit.sent(sequence)
        return items

    def acknowledged(self, ack: Ack, sent: int) -> tuple[list[Cargo], list[tuple[Cargo, str]]]:
        """(stored by the peer, not taken and why). Raises BadEnvelope when it was never sent."""
        self._credit.acknowledged(ack.frames, sent)
        while self._flying and self._flying[0][0] < ack.frames:
            self._flying.popleft()
        numbered = [(failure.number, failure.reason) for failure in ack.failures if failure.number]
        done, failed = self._window.settle(ack.stored, numbered)
        self._left(done)
        self._left([cargo for cargo, _ in failed])
        return done, failed

    def shed(self) -> list[Cargo]:
        """What had to make room for what matters more."""
        shed = self._batch.shed()
        self._left(shed)
        return shed

    def expired(self) -> list[Cargo]:
        """What turned out to be too late when it was to be framed."""
        expired, self._expired = self._expired, []
        return expired

    def late(self, before: float) -> list[Cargo]:
        """Take out what was sent before this moment and is not acknowledged."""
        late = self._window.give_back(before)
        self._left(late)
        return late

    def leftovers(self) -> list[Cargo]:
        """Take out everything that the peer may not have."""
        self._room = Room(self._limit)
        return [*self._window.drain(), *self._batch.drain(), *self._batch.shed(), *self.expired()]

    def lost(self) -> list[Cargo]:
        """Take out the realtime messages of frames that the peer may not have: they are not sent twice."""
        lost = [cargo for _, frame in self._flying for cargo in frame]
        self._flying.clear()
        return lost

    def _left(self, cargo: list[Cargo]) -> None:
        for item in cargo:
            if item.stored is not None:
                self._room.leave(item.header.sender)

    def _messages(self, sequence: int, now: float, steady: float) -> list[Message]:
        messages = []
        flying = []
        for cargo in self._batch.take(steady):
            try:
                left_ms = cargo.transit.left_ms(now)
            except Expired:
                self._expired.append(cargo)
                self._left([cargo])
                continue
            number = 0
            if cargo.stored is None:
                flying.append(cargo)
            else:
                number = self._window.add(cargo, steady)
            messages.append(cargo.message(number, left_ms))
        if flying:
            self._flying.append((sequence, flying))
        return messages
