"""Questions that wait until a record has more to tell. Pure, but for waiting."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

from overlay.patience import comes_within
from overlay.trust.identity import Identity

IsDenied = Callable[[Identity], bool]


class Watching:
    """At most `limit` at a time."""

    def __init__(self, limit: int, is_denied: IsDenied) -> None:
        self._limit = limit
        self._is_denied = is_denied
        self._changes: dict[str, asyncio.Event] = {}
        self._waiting: Counter[tuple[str, Identity]] = Counter()

    @property
    def count(self) -> int:
        """How many wait."""
        return self._waiting.total()

    @property
    def full(self) -> bool:
        """Whether nobody more may wait."""
        return self._waiting.total() >= self._limit

    def wake(self, channel: str) -> None:
        """There is something new, or somebody is out: who waits looks again."""
        change = self._changes.pop(channel, None)
        if change is not None:
            change.set()

    def wake_denied(self) -> None:
        """Somebody's certificate may have been revoked: then it waits no longer."""
        for channel, who in list(self._waiting):
            if self._is_denied(who):
                self.wake(channel)

    async def change(self, channel: str, who: Identity, wait_s: float) -> bool:
        """Returns after the next `wake`, or after `wait_s`; whether it was woken."""
        change = self._changes.setdefault(channel, asyncio.Event())
        waiting = (channel, who)
        self._waiting[waiting] += 1
        try:
            return await comes_within(change, wait_s)
        finally:
            self._waiting[waiting] -= 1
            if not self._waiting[waiting]:
                del self._waiting[waiting]
