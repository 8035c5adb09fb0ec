"""Following all tasks that one executor does for us of one skill: one question that waits for news."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from overlay.backoff import Backoff
from overlay.beside import Beside
from overlay.clock import Clock
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.tasks.courier import Courier
from overlay.tasks.given import Given
from overlay.tasks.talk import Look, Page

_log = logging.getLogger("overlay.tasks")
_LONGEST_PAUSE_S = 5.0


class Follower:
    """`run` it while it has tasks."""

    def __init__(
        self,
        party: PartyId,
        skill: str,
        reached: int,
        book: bytes,
        courier: Courier,
        find: Callable[[str], Given | None],
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._party = party
        self._skill = skill
        self.reached = reached
        """The place in its book up to which we know what happened to those whom we follow."""
        self._book = book
        self._courier = courier
        self._find = find
        self._settings = settings
        self._clock = clock
        again_s = settings.task_again_s
        self._pauses = Backoff(again_s, max(_LONGEST_PAUSE_S, again_s))
        self._silent = False
        self.tasks: set[str] = set()

    async def run(self) -> None:
        """Until there is nothing to follow."""
        while self.tasks:
            try:
                page = await self._look()
            except OverlayError as error:
                await self._pause(error)
                continue
            self._silent = False
            self._pauses.reset()
            self._take(page)
            if not page.waits and not page.events:
                await asyncio.sleep(self._settings.task_again_s)

    async def _look(self) -> Page:
        wait_s = self._settings.task_poll_s
        look = Look(self.reached, wait_s)
        return await self._courier.ask(self._party, self._skill, look, wait_s + self._settings.task_late_s)

    def _take(self, page: Page) -> None:
        followed = [given for task in list(self.tasks) if (given := self._mine(task)) is not None]
        if page.book != self._book:  # all was lost there
            self._book, self.reached = page.book, 0
            for given in followed:
                given.resync = True
                given.bell.ring(given.id)
            return
        self.reached = page.reached
        now = self._clock()
        for given in followed:
            given.taken()
        for told in page.events:
            known = self._mine(told.task)
            if known is not None:
                known.apply((told.event,), now)

    def _mine(self, task: str) -> Given | None:
        """The task, if it is still this executor's."""
        given = self._find(task) if task in self.tasks else None
        if given is None or given.ended or given.executor != self._party or given.record.skill != self._skill:
            self.tasks.discard(task)
            return None
        return given

    async def _pause(self, error: OverlayError) -> None:
        if not self._silent:
            _log.info("%s does not tell of its tasks now: %s", self._party, error)
        self._silent = True
        await self._pauses.wait()
        for task in list(self.tasks):
            self._mine(task)


class Followers:
    """All of one process: one for each executor and skill."""

    def __init__(
        self,
        courier: Courier,
        find: Callable[[str], Given | None],
        beside: Beside,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._courier = courier
        self._find = find
        self._beside = beside
        self._settings = settings
        self._clock = clock
        self._all: dict[tuple[PartyId, str], Follower] = {}

    def follow(self, given: Given, page: Page | None = None) -> None:
        """From now on its events come, from what `page` told on; without a page, and without others to
        follow there, it has to be asked for first: `resync`.
        """
        if given.executor is None:
            return
        at = (given.executor, given.record.skill)
        follower = self._all.get(at)
        if follower is not None:
            if given.id not in follower.tasks:  # what it told before we followed this one was not for us
                follower.tasks.add(given.id)
                given.resync = given.resync or page is None or page.reached < follower.reached
        elif page is None:
            given.resync = True
        else:
            follower = self._all[at] = Follower(
                given.executor,
                given.record.skill,
                page.reached,
                page.book,
                self._courier,
                self._find,
                self._settings,
                self._clock,
            )
            follower.tasks.add(given.id)
            self._beside.begin(self._run(at, follower))

    async def _run(self, at: tuple[PartyId, str], follower: Follower) -> None:
        try:
            await follower.run()
        finally:
            del self._all[at]
