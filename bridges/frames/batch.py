"""What waits for the next frame: bounded, the important first, fair among senders, nobody starved. Pure."""

from __future__ import annotations

from typing import Generic, TypeVar

from bridges.frames.lane import Flow, Lane
from overlay.naming.subjects import Priority

T = TypeVar("T")
SHARES = {Priority.CRITICAL: 8, Priority.HIGH: 4, Priority.NORMAL: 2, Priority.BULK: 1}
"""Of a round, in messages; and of the room, what is always there for a priority."""
_ALL = sum(SHARES.values())
_QUIET = 4
_SENDERS = 1024
_QUANTUM = 2048
_SHED_AT_ONCE = 64
_SHED = 4096
"""So many wait to be told of; then nothing more is shed."""


class _Turn(Generic[T]):
    __slots__ = ("lane", "left", "share")

    def __init__(self, lane: Lane[T], share: int) -> None:
        self.lane = lane
        self.left = self.share = share


class Batch(Generic[T]):
    """Items by priority, and by sender within each. Times are seconds of any steady clock.

    Where there is no more room, an item that matters more takes the place of the newest one of the heaviest
    sender in the lowest priority that has more than its share of the room. Within a priority it takes the
    place of one of whoever has much more waiting than its own sender.
    """

    def __init__(
        self, *, items: int, size: int, wait_s: float, pending_items: int, pending_bytes: int
    ) -> None:
        self._items = items
        self._size = size
        self._wait_s = wait_s
        self._pending_items = pending_items
        self._pending_bytes = pending_bytes
        self._lanes: dict[Priority, Lane[T]] = {priority: Lane(_QUANTUM, _SENDERS) for priority in SHARES}
        self._round = [_Turn(self._lanes[priority], share) for priority, share in SHARES.items()]
        self._shed: list[T] = []
        self._count = 0
        self._bytes = 0
        self._since = 0.0
        self._quiet = True

    def __len__(self) -> int:
        return self._count

    @property
    def full(self) -> bool:
        """Whether it fills a frame."""
        return self._count >= self._items or self._bytes >= self._size

    @property
    def over(self) -> bool:
        """Whether something has to go before anything more comes in."""
        return self._count >= self._pending_items or self._bytes >= self._pending_bytes

    def offer(
        self, item: T, size: int, priority: Priority, now: float, sender: str = "", weight: int = 1
    ) -> bool:
        """Take it, or return False when there is no room for it. What made room is in `shed`."""
        full = self._count >= self._pending_items or self._bytes >= self._pending_bytes
        if full and not self._make_room(priority, sender, size):
            return False
        if not self._count:
            self._since = now
        self._lanes[priority].push(item, size, sender, weight)
        self._count += 1
        self._bytes += size
        return True

    def shed(self) -> list[T]:
        """What had to go, since this was last asked."""
        shed, self._shed = self._shed, []
        return shed

    def wait_s(self, now: float) -> float:
        """How long to wait for more: 0 when a frame is full, old enough, or the link has little to do."""
        if self._quiet or self.full:
            return 0.0
        return max(0.0, self._since + self._wait_s - now)

    def take(self, now: float) -> list[T]:
        """What goes into the next frame: at least one item, else up to the frame's items and bytes."""
        taken: list[T] = []
        size = 0
        while len(taken) < self._count:
            for turn in self._round:  # a round goes on in the next frame: large items fill one each
                lane = turn.lane
                while turn.left and lane.count:
                    item_size = lane.next_size()
                    if taken and (len(taken) >= self._items or size + item_size > self._size):
                        return self._took(taken, size, now)
                    taken.append(lane.pop())
                    size += item_size
                    turn.left -= 1
            if not any(turn.left and turn.lane.count for turn in self._round):
                for turn in self._round:
                    turn.left = turn.share
        return self._took(taken, size, now)

    def drain(self) -> list[T]:
        """Everything that waits, the important first; nothing is left."""
        left = [item for lane in self._lanes.values() for item in lane.drain()]
        self._count = self._bytes = 0
        return left

    def _make_room(self, priority: Priority, sender: str, size: int) -> bool:
        for _ in range(_SHED_AT_ONCE if len(self._shed) < _SHED else 0):
            found = self._victim(priority, sender, size)
            if found is None:
                return False
            lane, flow = found
            before = lane.load
            self._shed.append(lane.shed(flow))
            self._count -= 1
            self._bytes -= before - lane.load
            if not self.over:
                return True
        return False

    def _victim(self, priority: Priority, sender: str, size: int) -> tuple[Lane[T], Flow[T]] | None:
        own = self._lanes[priority]
        entitled = not self._beyond(priority, 1, size)
        important = True
        for other in reversed(SHARES):
            important = important and other is not priority
            if other is not priority and (important or entitled) and self._beyond(other, 0, 0):
                flow = self._lanes[other].heaviest()
                if flow is not None:
                    return self._lanes[other], flow
        flow = own.heaviest()
        if flow is None or flow.load - flow.waiting[-1][1] < own.load_of(sender) + size:
            return None
        return own, flow

    def _beyond(self, priority: Priority, count: int, size: int) -> bool:
        """Whether with so much more it has more than its share of the room."""
        lane, share = self._lanes[priority], SHARES[priority]
        return (lane.count + count) * _ALL > self._pending_items * share or (
            lane.load + size
        ) * _ALL > self._pending_bytes * share

    def _took(self, taken: list[T], size: int, now: float) -> list[T]:
        self._count -= len(taken)
        self._bytes -= size
        self._since = now
        self._quiet = len(taken) <= _QUIET
        return taken
