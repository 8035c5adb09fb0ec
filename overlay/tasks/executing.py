"""An executor's answers to its creators: start, look, give, cancel (AG-3)."""

from __future__ import annotations

from typing import assert_never

import msgspec

from overlay.bell import Bell, within
from overlay.clock import Clock
from overlay.endpoint.message import Message
from overlay.errors import Refused
from overlay.settings import Settings
from overlay.tasks.accepting import Asked
from overlay.tasks.book import Book
from overlay.tasks.pages import Pages
from overlay.tasks.row import Key
from overlay.tasks.running import Running
from overlay.tasks.talk import ATTRIBUTE, Cancel, Give, Look, Page, Start, decode_talk, encode_talk


class Executing:
    """The creator is who sent the message, and sees its own tasks only."""

    def __init__(
        self, book: Book, pages: Pages, running: Running, bell: Bell, settings: Settings, clock: Clock
    ) -> None:
        self._book = book
        self._pages = pages
        self._running = running
        self._bell = bell
        self._settings = settings
        self._clock = clock
        self._followers = 0
        self._closing = False

    async def handle(self, skill: str, message: Message) -> bytes:
        """Answer an operation. Raises BadInput, NotFound, Refused, Overloaded, Unavailable."""
        if ATTRIBUTE not in message.attributes:
            raise Refused(f"{skill} is done as a task: agent.start_task, or `overlay task start`")
        creator = str(message.sender)
        match decode_talk(message.body):
            case Start() as start:
                page = await self._start(creator, skill, start, message.quality)
            case Look(after, wait_s):
                left_s = message.deadline - self._clock()
                page = await self._look(creator, skill, after, min(wait_s, left_s / 2))
            case Give() as give:
                row = await self._book.give(creator, skill, give)
                self._ring(row.key, skill)
                page = self._pages.of_task(row.key, give.after)
            case Cancel() as cancel:
                page = await self._cancel(creator, skill, cancel)
            case other:
                assert_never(other)
        return encode_talk(page)

    def close(self) -> None:
        """Nobody waits here any more."""
        self._closing = True
        self._bell.ring_all()

    async def _start(self, creator: str, skill: str, start: Start, quality: str) -> Page:
        key = (creator, start.task)
        ours = self._running.take(key)
        begun = False
        try:
            asked = Asked(creator, skill, start, quality, self._clock(), self._settings, begin=ours)
            accepted = await self._book.accept(asked)
            begun = accepted.begun
        finally:
            if ours and not begun:
                self._running.release(key)
        row = accepted.row
        if row is None:
            return Page(self._pages.book, self._pages.reached(), lost=True)
        if begun:
            self._running.launch(row)
        elif row.open and ours and self._running.take(key):  # nobody did it
            await self._running.begin(key)
        await self._running.ended(key, self._settings.task_answer_s)
        now = self._pages.get(key)
        if now is not None and now.open:
            await self._book.settle()  # on disk before it is told
        return self._pages.of_task(key, start.after)

    async def _look(self, creator: str, skill: str, after: int, wait_s: float) -> Page:
        matter = (creator, skill)
        ticket = self._bell.ticket(matter)
        try:
            page = self._pages.of_skill(creator, skill, after)
            if page.events or wait_s <= 0:
                return page
            if self._closing or self._followers >= self._settings.task_followers:
                return msgspec.structs.replace(page, waits=False)
            self._followers += 1
            try:
                await within(ticket, min(wait_s, self._settings.task_poll_s))
            finally:
                self._followers -= 1
        finally:
            self._bell.drop(matter, ticket)
        return self._pages.of_skill(creator, skill, after)

    async def _cancel(self, creator: str, skill: str, cancel: Cancel) -> Page:
        key = (creator, cancel.task)
        row = await self._book.cancel(creator, skill, cancel.task, cancel.attempt)
        if row is None:  # it never came, or was forgotten
            return Page(self._pages.book, self._pages.reached(), lost=True)
        if row.open and row.cancel and not self._running.cancel(key) and self._running.claim(key):
            await self._running.begin(key)  # nobody did it: it ends there
        return self._pages.of_task(key, cancel.after)

    def _ring(self, key: Key, skill: str) -> None:
        self._bell.ring(key)
        self._bell.ring((key[0], skill))
