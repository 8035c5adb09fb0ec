"""What waits for a free handler: the important first, nobody starved, in order within a priority. Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from overlay.naming.subjects import Priority

T = TypeVar("T")
_SHARES = {Priority.CRITICAL: 8, Priority.HIGH: 4, Priority.NORMAL: 2, Priority.BULK: 1}


class Jobs(Generic[T]):
    """Taken in rounds, of each priority its share."""

    def __init__(self) -> None:
        self._waiting: dict[Priority, deque[T]] = {priority: deque() for priority in _SHARES}
        self._left = dict(_SHARES)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, job: T, priority: Priority) -> None:
        """To the end of its priority."""
        self._waiting[priority].append(job)
        self._count += 1

    def take(self) -> T:
        """The next one. Call it only when there is one."""
        while True:
            for priority, jobs in self._waiting.items():
                if jobs and self._left[priority]:
                    self._left[priority] -= 1
                    self._count -= 1
                    return jobs.popleft()
            self._left.update(_SHARES)

    def clear(self) -> None:
        """Forget all."""
        for jobs in self._waiting.values():
            jobs.clear()
        self._count = 0
