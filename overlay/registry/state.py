"""What the store feeds, handed to those who keep it; who waits for a change is woken."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from overlay.errors import OverlayError
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import kind_of

_log = logging.getLogger("overlay.registry")
Take = Callable[[Entry], None]


class State:
    """The only way into the registry's memory: nothing there changes but by entries of the store, and so
    every process that has the same entries knows the same.
    """

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        """Entries that nobody could read, by kind."""
        self.revision = 0
        """Of the newest entry."""
        self.log = ""
        """Which history that is: the store's, once it is open."""
        self.floor = 0
        """Deletions up to this revision may be forgotten."""
        self._revisions: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self.on_forgotten: list[Callable[[str], None]] = []
        """Hear of keys whose deletion is forgotten; they must be quick, and not raise."""
        self._takers: dict[str, list[Take]] = {}
        self._changed = asyncio.Event()

    def on(self, kind: str, take: Take) -> None:
        """Entries of `kind` go to `take`, after those that were named before. It may raise OverlayError: the
        entry is then counted, and left out.
        """
        self._takers.setdefault(kind, []).append(take)

    def revision_of(self, key: str) -> int:
        """What a write that was decided from `key` expects; 0: it was never written."""
        return self._revisions.get(key, 0)

    def gone(self, after: int) -> Iterator[tuple[str, int]]:
        """Keys that were deleted after revision `after`, and when, oldest first."""
        return ((key, revision) for key, revision in self._gone.items() if revision > after)

    def feed(self, entries: Sequence[Entry]) -> None:
        """See `overlay.registry.storage.contract.Feed`."""
        for entry in entries:
            self._gone.pop(entry.key, None)
            if not entry.revision:
                self._revisions.pop(entry.key, None)
                for tell in self.on_forgotten:
                    tell(entry.key)
                continue
            if entry.value is None:
                self._gone[entry.key] = entry.revision
            self._revisions[entry.key] = self.revision = entry.revision
            for take in self._takers.get(kind_of(entry.key), ()):
                try:
                    take(entry)
                except OverlayError as error:
                    self.counters[f"unreadable-{kind_of(entry.key)}"] += 1
                    _log.warning("what the store holds as %s is not read: %s", entry.key, error)
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def change(self) -> None:
        """Returns after the next entries."""
        await self._changed.wait()
