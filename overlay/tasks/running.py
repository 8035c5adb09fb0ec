"""Doing tasks: one call of a handler at a time for each, by the process that holds its claim."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from overlay.bell import Bell, within
from overlay.beside import Beside
from overlay.clock import Clock
from overlay.context.carrying import unpack
from overlay.context.context import Context
from overlay.endpoint.claims import Claims
from overlay.errors import Refused, Unavailable
from overlay.naming.ids import PartyId
from overlay.patience import comes_within
from overlay.settings import Settings
from overlay.tasks.book import Book
from overlay.tasks.desk import RunDesk
from overlay.tasks.ending import Ending, ending_of
from overlay.tasks.executed import Executed
from overlay.tasks.pages import Pages
from overlay.tasks.result import TaskResult
from overlay.tasks.row import Key, Row
from overlay.tasks.run import TaskRun
from overlay.tasks.talk import Start, decode_talk

_log = logging.getLogger("overlay.tasks")
_Handler = asyncio.Task[bytes | str | TaskResult | None]


@dataclass
class _Entry:
    row: Row
    stopping: asyncio.Future[None]
    why: str = ""
    """Why it is stopped: `cancelled`, `timed-out`, `closing`."""
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self, why: str) -> None:
        self.why = self.why or why
        if not self.stopping.done():
            self.stopping.set_result(None)


class Running:
    """The tasks that this process does. `close` it: then they are as after a crash."""

    def __init__(
        self,
        me: PartyId,
        book: Book,
        pages: Pages,
        claims: Claims,
        executed: Executed,
        bell: Bell,
        settings: Settings,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._me = me
        self._book = book
        self._pages = pages
        self._claims = claims
        self._executed = executed
        self._bell = bell
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._entries: dict[Key, _Entry] = {}
        self._beside = Beside("task")
        self._stuck: set[_Handler] = set()
        self._closing = False

    def take(self, key: Key) -> bool:
        """Whether there is room, and the task is ours from now on: `launch` or `release` it."""
        return len(self._entries) < self._settings.tasks_at_once and self.claim(key)

    def claim(self, key: Key) -> bool:
        """The same, however many there are."""
        return not self._closing and self._claims.take(PartyId.parse(key[0]), bytes.fromhex(key[1]))

    def release(self, key: Key) -> None:
        """It is nobody's."""
        self._claims.release(PartyId.parse(key[0]), bytes.fromhex(key[1]))

    def launch(self, row: Row) -> None:
        """Call its handler, beside everything else. It is claimed, and in progress."""
        entry = _Entry(row, asyncio.get_running_loop().create_future())
        self._entries[row.key] = entry
        self._beside.begin(self._do(entry))

    async def begin(self, key: Key) -> None:
        """Begin a task that is claimed by us; or it ends here, as it is cancelled or late."""
        row = None
        try:
            row = await self._book.begin(key)
        finally:
            if row is None:
                self.release(key)
        if row is not None:
            self.launch(row)
        self._ring(key)

    async def pick_up(self) -> None:
        """Begin what nobody does: what waited for room, and what a process left that is no more."""
        if len(self._entries) >= self._settings.tasks_at_once:
            return
        for key in self._pages.open_tasks(self._settings.tasks_open):
            if len(self._entries) >= self._settings.tasks_at_once:
                return
            if key not in self._entries and self.take(key):
                await self.begin(key)

    def cancel(self, key: Key) -> bool:
        """Whether it is done here: its handler is cancelled."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.stop("cancelled")
        return entry is not None

    async def ended(self, key: Key, seconds: float) -> None:
        """Returns when it is not done here any more, or after that time."""
        entry = self._entries.get(key)
        if entry is not None:
            await comes_within(entry.done, seconds)

    async def close(self) -> None:
        """Handlers are cancelled, and called again by the next process. Idempotent."""
        self._closing = True
        for entry in self._entries.values():
            entry.stop("closing")
        await self._beside.ended()
        for handler in self._stuck:
            handler.cancel()

    async def _do(self, entry: _Entry) -> None:
        key = entry.row.key
        handler = asyncio.get_running_loop().create_task(self._call(entry.row))
        try:
            either: set[asyncio.Future[Any]] = {handler, entry.stopping}
            left_s = max(entry.row.deadline - self._clock(), 0)
            await asyncio.wait(either, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            if not handler.done():
                entry.stop("timed-out")
                handler.cancel()
                await asyncio.wait({handler}, timeout=self._settings.task_cleanup_s)
            ending = ending_of(handler, entry.why, self._me, self._settings)
            if ending is not None:
                await self._record(entry, ending)
        finally:
            del self._entries[key]
            self._let_go(key, handler)
            entry.done.set()
            self._ring(key)

    def _let_go(self, key: Key, handler: _Handler) -> None:
        if handler.done():
            self.release(key)
            return
        self._counters["task-stuck"] += 1
        handler.cancel()
        self._stuck.add(handler)

        def ended(handler: _Handler) -> None:
            self._stuck.discard(handler)
            if not handler.cancelled() and (error := handler.exception()) is not None:
                _log.warning("the handler of task %s, cancelled long ago: %s", key[1], error)
            if not self._closing:
                self.release(key)

        handler.add_done_callback(ended)

    async def _call(self, row: Row) -> bytes | str | TaskResult | None:
        execute = self._executed.get(row.skill)
        if execute is None:
            raise Unavailable(f"{self._me} does not do tasks of {row.skill} any more")
        start = decode_talk(row.start)
        assert isinstance(start, Start)
        desk = RunDesk(self._book, self._pages, self._bell, row, self._settings)
        context = unpack(start.context, row.creator, self._settings) if start.context else Context()
        return await execute(
            TaskRun(
                id=row.id,
                skill=row.skill,
                creator=PartyId.parse(row.creator),
                body=start.body,
                media_type=start.media_type,
                files=start.files,
                context=context,
                session=start.session,
                quality=row.quality,
                attempt=row.runs,
                deadline=row.deadline,
                saved=row.saved,
                desk=desk,
            )
        )

    async def _record(self, entry: _Entry, ending: Ending) -> None:
        """However long the disk is full: what was done is not done again."""
        while True:
            try:
                await self._book.end(entry.row.key, entry.row.runs, ending.state, ending.said)
            except Refused as error:
                self._counters["task-overtaken"] += 1
                _log.warning("what became of task %s does not count: %s", entry.row.id, error)
                return
            except Unavailable as error:
                _log.warning("the end of task %s is not written yet: %s", entry.row.id, error)
                if await within(entry.stopping, self._settings.task_again_s) and self._closing:
                    return
                await asyncio.sleep(self._settings.task_again_s)
            else:
                return

    def _ring(self, key: Key) -> None:
        self._bell.ring(key)
        row = self._pages.get(key)
        if row is not None:
            self._bell.ring((row.creator, row.skill))
