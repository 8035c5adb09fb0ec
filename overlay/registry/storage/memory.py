"""A store in memory, for tests and simulations: several handles share one history, as replicas do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from overlay.errors import Overloaded, Unavailable
from overlay.registry.storage.contract import Conflict, Entry, Feed, Note, Write
from overlay.registry.storage.keys import check_writes


class History:
    """What the handles share. `store` opens another handle."""

    def __init__(self, log: str = "memory") -> None:
        self.log = log
        self.revision = 0
        self.entries: dict[str, Entry] = {}
        """The newest of each key, oldest first."""
        self.forgotten: set[str] = set()
        self.notes: list[Note] = []
        self.handles: list[MemoryStore] = []

    def store(self, audit_buffer: int = 1000) -> MemoryStore:
        """Another handle."""
        return MemoryStore(self, audit_buffer)

    def check(self, writes: Sequence[Write]) -> None:
        """Raises Conflict."""
        for write in writes:
            held = self.entries.get(write.key)
            revision = held.revision if held else 0
            if write.expected is not None and write.expected != revision:
                raise Conflict(f"{write.key} was changed meanwhile: try again")

    def forget(self, key: str, upto: int) -> bool:
        """Whether it is not there now."""
        held = self.entries.get(key)
        if held is None or (held.value is None and held.revision <= upto):
            self.entries.pop(key, None)
            self.forgotten.add(key)
        return key not in self.entries

    def write(self, writes: Sequence[Write], notes: Sequence[Note]) -> None:
        """All handles hear of it, each when it is not held back."""
        changed = []
        for write in writes:
            self.revision += 1
            self.entries.pop(write.key, None)
            self.forgotten.discard(write.key)
            entry = self.entries[write.key] = Entry(write.key, write.value, self.revision)
            changed.append(entry)
        self.notes.extend(notes)
        if changed:
            for handle in self.handles:
                handle.hear(changed)


class MemoryStore:
    """A handle on a history. Tests make it fail (`failing`) or lag behind (`hold`)."""

    def __init__(self, history: History, audit_buffer: int) -> None:
        self._history = history
        self._buffer = audit_buffer
        self._feed: Feed | None = None
        self._notes: list[Note] = []
        self._late: list[Entry] = []
        self._through = asyncio.Event()
        self._through.set()
        self._closed = asyncio.Event()
        self.failing = False
        """Whether whatever reads or writes raises Unavailable."""

    @property
    def log(self) -> str:
        """See `Store`."""
        return self._history.log

    async def open(self, feed: Feed) -> None:
        """See `Store`."""
        self._check()
        self._feed = feed
        self._history.handles.append(self)
        if self._history.entries:
            feed(list(self._history.entries.values()))

    async def commit(self, writes: Sequence[Write], notes: Sequence[Note] = ()) -> int:
        """See `Store`. Others may go first: it gives way once."""
        check_writes(writes)
        await asyncio.sleep(0)
        self._check()
        unheard = [write.key for write in writes if write.expected and write.key in self._history.forgotten]
        if unheard and self._feed is not None:
            self._feed([Entry(key, None, 0) for key in unheard])
        self._history.check(writes)
        waiting, self._notes = self._notes, []
        self._history.write(writes, (*waiting, *notes))
        revision = self._history.revision
        await self._through.wait()
        return revision

    async def forget(self, keys: Sequence[str], upto: int) -> None:
        """See `Store`."""
        self._check()
        gone = [key for key in keys if self._history.forget(key, upto)]
        if gone and self._feed is not None:
            self._feed([Entry(key, None, 0) for key in gone])

    def note(self, note: Note) -> None:
        """See `Store`."""
        if len(self._notes) >= self._buffer:
            raise Overloaded(f"{self._buffer} entries wait for the audit log already")
        self._notes.append(note)

    async def flush(self) -> None:
        """See `Store`."""
        self._check()
        waiting, self._notes = self._notes, []
        self._history.write((), waiting)

    async def run(self) -> None:
        """See `Store`."""
        await self._closed.wait()

    async def close(self) -> None:
        """See `Store`."""
        if self in self._history.handles:
            self._history.handles.remove(self)
        self._closed.set()

    def hear(self, changed: Sequence[Entry]) -> None:
        """From the history."""
        if not self._through.is_set():
            self._late.extend(changed)
        elif self._feed is not None:
            self._feed(changed)

    def hold(self) -> None:
        """The feed stands still, until `release`; so do commits, after they were written."""
        self._through.clear()

    def release(self) -> None:
        """The feed catches up."""
        late, self._late = self._late, []
        self._through.set()
        if late and self._feed is not None:
            self._feed(late)

    def _check(self) -> None:
        if self.failing:
            raise Unavailable("this store fails, as the test wishes")
