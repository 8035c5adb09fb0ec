"""Agents of one domain in memory, and their files."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from overlay.content.fetching import Progress
from overlay.content.file_ref import FileRef
from overlay.content.files import Files
from overlay.content.talk import TOPIC
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.endpoint.party import Party
from tests.memory_domain import MemoryDomain, quick

CHUNK = 1024
LIMIT_S = 60.0
SETTINGS = {"file_chunk_bytes": CHUNK, "file_chunk_s": 0.5, "file_pause_s": 0.01, "file_window": 8}


def unseen(_there: int, _size: int) -> None:
    """Progress that nobody looks at."""


class Someone:
    """An agent with its files, and what it was asked about them."""

    def __init__(self, endpoint: Endpoint, folder: Path) -> None:
        self.endpoint = endpoint
        self.asked = 0
        self.lent: list[str] = []
        self.files = Files(endpoint, folder / "files", self._lend)
        self.answers = self.files.topics[TOPIC]
        self.inbox = folder / "inbox"
        self.inbox.mkdir(exist_ok=True)

    async def _lend(self, topic: str, origins: Sequence[str]) -> None:
        assert topic == TOPIC
        self.lent = sorted(origins)

    async def handle(self, message: Message) -> bytes:
        self.asked += 1
        return await self.answers(message) or b""

    async def offers(self, path: Path, *to: str, media_type: str = "application/zip") -> FileRef:
        return await self.files.offer(path, to, media_type, None)

    async def fetches(self, ref: FileRef, progress: Progress = unseen) -> Path:
        return await self.files.fetch(ref, self.inbox, progress)


class Exchange:
    """`at_work` opens an agent; its folder outlives it."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.domain = MemoryDomain(settings=quick(**SETTINGS | settings))
        self._parties: dict[str, Party] = {}

    @asynccontextmanager
    async def at_work(self, name: str) -> AsyncIterator[Someone]:
        if name not in self._parties:
            self._parties[name] = self.domain.party(name)
        party = self._parties[name]
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        async with self.domain.open(party) as endpoint:
            someone = Someone(endpoint, folder)
            await endpoint.serve(someone.handle)
            await someone.files.begin()
            yield someone

    def file(self, size: int = 40 * CHUNK + 7, name: str = "trace.pcap") -> Path:
        path = self.folder / name
        path.write_bytes(random.Random(size).randbytes(size))
        return path
