"""The tasks of one process of an agent: those it gave, and those it does. The composition of this room."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path

from overlay.anycast.anycasting import Anycasting
from overlay.bell import Bell
from overlay.endpoint.claims import Claims
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler, Message
from overlay.endpoint.state_file import StateFile
from overlay.errors import OverlayError
from overlay.private_files import private_folder
from overlay.tasks import journal, row
from overlay.tasks.book import Book
from overlay.tasks.courier import Courier
from overlay.tasks.executed import Executed
from overlay.tasks.executing import Executing
from overlay.tasks.giving import Giving
from overlay.tasks.handing import Handing
from overlay.tasks.journal import Journal
from overlay.tasks.pages import Pages
from overlay.tasks.running import Running
from overlay.tasks.shown import FILE

_log = logging.getLogger("overlay.tasks")
_CLEAN_EVERY_S = 30.0
_LOOK_ANYWAY_S = 1.0
"""A process that is killed writes nothing down."""
SCHEMA = f"{row.SCHEMA}{journal.SCHEMA}"


class Tasks:
    """See `overlay.agent.work`. Its file is made with the first task."""

    def __init__(self, endpoint: Endpoint, anycasting: Anycasting, folder: Path) -> None:
        self._endpoint = endpoint
        self._anycasting = anycasting
        self._folder = folder
        self._executed = Executed()
        self._opened: _Opened | None = None
        self._there = asyncio.Event()

    def use(self, executed: Executed) -> None:
        """From now on tasks are done by these functions."""
        self._executed = executed
        executed.door = self.handle

    @property
    def topics(self) -> Mapping[str, Handler]:
        """None: what is said of a task goes on the topic of its skill."""
        return {}

    @property
    def giving(self) -> Giving:
        """The tasks that we gave."""
        return self._open().giving

    async def handle(self, skill: str, message: Message) -> bytes:
        """What creators ask."""
        return await self._open().executing.handle(skill, message)

    async def begin(self) -> None:
        """Go on with what is in the folder."""
        if (self._folder / FILE).exists():
            await self._open().running.pick_up()

    async def run(self) -> None:
        """Look from time to time what other processes of ours wrote, or left."""
        await self._there.wait()
        opened = self._open()
        seen, looked, cleaned = opened.pages.version(), 0.0, time.monotonic()
        while True:
            await asyncio.sleep(self._endpoint.settings.task_look_s)
            try:
                version, now = opened.pages.version(), time.monotonic()
                if version != seen or now > looked + _LOOK_ANYWAY_S:
                    await opened.look(news=version != seen)
                    seen, looked = version, now
                if now > cleaned + _CLEAN_EVERY_S:
                    cleaned = now
                    await self.clean()
            except OverlayError as error:
                _log.warning("the tasks in %s cannot be read now: %s", self._folder, error)

    async def clean(self) -> None:
        """Forget tasks that ended long ago, or are too many. Raises Unavailable."""
        await self._open().book.forget()
        await self._open().giving.forget()

    async def close(self) -> None:
        """Idempotent."""
        if self._opened is not None:
            await self._opened.close()
        if self._executed.door == self.handle:
            self._executed.door = None

    def _open(self) -> _Opened:
        if self._opened is None:
            self._opened = _Opened(self._endpoint, self._anycasting, self._folder, self._executed)
            self._there.set()
        return self._opened


class _Opened:
    """With its file."""

    def __init__(self, endpoint: Endpoint, anycasting: Anycasting, folder: Path, executed: Executed) -> None:
        settings, clock, me = endpoint.settings, endpoint.party.clock, endpoint.me
        path = private_folder(folder) / FILE
        self._file = StateFile(path, SCHEMA, settings.state_busy_s, log_error)
        self._claims = Claims(path.with_suffix(".claims"))
        self._bell = Bell()
        self.pages = Pages(self._file, settings.max_body_bytes // 2)
        self.book = Book(self._file, settings, clock)
        self.running = Running(
            me,
            self.book,
            self.pages,
            self._claims,
            executed,
            self._bell,
            settings,
            clock,
            endpoint.counters,
        )
        self.executing = Executing(self.book, self.pages, self.running, self._bell, settings, clock)
        courier = Courier(endpoint)
        handing = Handing(me, courier, anycasting, settings, clock)
        self.giving = Giving(courier, handing, Journal(self._file), settings, clock)

    async def look(self, *, news: bool) -> None:
        """`news`: somebody wrote since the last time."""
        if news:
            self._bell.ring_all()
            for key in self.pages.to_cancel():
                self.running.cancel(key)
        await self.running.pick_up()

    async def close(self) -> None:
        """Handlers end first: they may still say something."""
        self.executing.close()
        await self.giving.close()
        await self.running.close()
        await self._file.close()
        self._claims.close()
