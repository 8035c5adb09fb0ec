"""What waits for the next frame: bounded, the important first, nobody starved. Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from overlay.naming.subjects import Priority

T = TypeVar("T")
_SHARES = ((Priority.CRITICAL, 8), (Priority.HIGH, 4), (Priority.NORMAL, 2), (Priority.BULK, 1))
_QUIET = 4


class Batch(Generic[T]):
    """Items by priority, in order of arrival within each. Times are seconds of any steady clock."""

    def __init__(
        self, *, items: int, size: int, wait_s: float, pending_items: int, pending_bytes: int
    ) -> None:
        self._items = items
        self._size = size
        self._wait_s = wait_s
        self._pending_items = pending_items
        self._pending_bytes = pending_bytes
        self._waiting: dict[Priority, deque[tuple[T, int]]] = {priority: deque() for priority, _ in _SHARES}
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
        """Whether it takes nothing more."""
        return self._count >= self._pending_items or self._bytes >= self._pending_bytes

    def offer(self, item: T, size: int, priority: Priority, now: float) -> bool:
        """Take it, or return False when the bound is reached."""
        if self.over:
            return False
        if not self._count:
            self._since = now
        self._waiting[priority].append((item, size))
        self._count += 1
        self._bytes += size
        return True

    def wait_s(self, now: float) -> float:
        """How long to wait for more: 0 when a frame is full, old enough, or the link has little to do."""
        if self._quiet or self.full:
            return 0.0
        return max(0.0, self._since + self._wait_s - now)

    def take(self, now: float) -> list[T]:
        """What goes into the next frame: at least one item, else up to the frame's items and bytes."""
        taken: list[T] = []
        size = 0
        open_ = {priority for priority, queue in self._waiting.items() if queue}
        while open_:
            for priority, share in _SHARES:
                queue = self._waiting[priority]
                for _ in range(share if priority in open_ else 0):
                    if not queue:
                        open_.discard(priority)
                        break
                    if taken and (len(taken) >= self._items or size + queue[0][1] > self._size):
                        return self._took(taken, size, now)
                    item, item_size = queue.popleft()
                    taken.append(item)
                    size += item_size
        return self._took(taken, size, now)

    def drain(self) -> list[T]:
        """Everything that waits, the important first; nothing is left."""
        left = [item for queue in self._waiting.values() for item, _ in queue]
        for queue in self._waiting.values():
            queue.clear()
        self._count = self._bytes = 0
        return left

    def _took(self, taken: list[T], size: int, now: float) -> list[T]:
        self._count -= len(taken)
        self._bytes -= size
        self._since = now
        self._quiet = len(taken) <= _QUIET
        return taken
