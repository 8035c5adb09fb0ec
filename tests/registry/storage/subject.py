"""What the suite needs of a store under test."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overlay.registry.storage.contract import Entry, Store
from overlay.registry.storage.snapshot import Snapshot

LIMIT_S = 60.0


@dataclass(frozen=True)
class Features:
    """What a kind of store promises besides the contract."""

    several_handles: bool = True
    survives_restart: bool = True
    loses_connections: bool = False


class Handle:
    """An open store, and all that it was fed."""

    def __init__(self, store: Store, replica: str) -> None:
        self.store = store
        self.replica = replica
        self.fed: list[Entry] = []
        self._news = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> Handle:
        """With its feed running."""
        await self.store.open(self._hear)
        self._running = asyncio.create_task(self.store.run())
        return self

    async def close(self) -> None:
        """Idempotent."""
        await self.store.close()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def ended(self) -> None:
        """Raises what ended the feed."""
        assert self._running is not None
        async with asyncio.timeout(LIMIT_S):
            await self._running

    async def heard(self, revision: int) -> None:
        """Returns when it was fed up to here."""
        async with asyncio.timeout(LIMIT_S):
            while not self.fed or self.fed[-1].revision < revision:
                await self._news.wait()

    def newest(self, key: str) -> Entry | None:
        """What the feed said of it last."""
        return next((entry for entry in reversed(self.fed) if entry.key == key), None)

    def _hear(self, entries: object) -> None:
        assert isinstance(entries, list)
        self.fed.extend(entries)
        self._news.set()
        self._news = asyncio.Event()


class History(Protocol):
    """One history, fresh for each test."""

    features: Features
    opened: list[Handle]

    async def handle(self, replica: str = "registry") -> Handle:
        """Another handle, open."""

    async def snapshot(self) -> Snapshot:
        """As it is now."""

    async def restore(self, snapshot: Snapshot) -> None:
        """In place of what is there; no handle is open."""

    async def outage(self) -> None:
        """The server of the store ends, and is there again, with all that it confirmed."""

    async def cut(self) -> None:
        """Every connection of the handles is lost, and can be made again after `mend`."""

    async def mend(self) -> None:
        """See `cut`."""

    async def close(self) -> None:
        """All handles."""


class Handles:
    """Closes those that a history opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[Handle] = []

    async def keep(self, store: Store, replica: str) -> Handle:
        """Opened now, closed at the end."""
        made = Handle(store, replica)
        self.opened.append(made)
        return await made.open()

    async def close(self) -> None:
        """All of them."""
        for handle in self.opened:
            await handle.close()
