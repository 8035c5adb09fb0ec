"""Seeing a task that we gave to its end: asked for, followed, tried again (AG-3)."""

from __future__ import annotations

import asyncio
import logging
import time

from overlay.bell import Bell, within
from overlay.clock import DAY_S, Clock
from overlay.errors import OverlayError, TimedOut
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.tasks.courier import Courier
from overlay.tasks.event import Said
from overlay.tasks.follower import Followers
from overlay.tasks.given import Given
from overlay.tasks.handing import Handing, cause_of_error
from overlay.tasks.journal import Record
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Cancel, Page

_log = logging.getLogger("overlay.tasks")
_LONGEST_S = 3600.0
_LATE = Said(b"its deadline passed", reason=TimedOut.reason)
_LOST = Said(b"its executor does not know it any more", reason="lost")


class Driving:
    """Of one process."""

    def __init__(
        self,
        courier: Courier,
        handing: Handing,
        followers: Followers,
        bell: Bell,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._courier = courier
        self._handing = handing
        self._followers = followers
        self._bell = bell
        self._settings = settings
        self._clock = clock

    async def first(self, given: Given) -> None:
        """The first attempt, or what comes after it if that is allowed. Raises where nobody took it."""
        while True:
            try:
                self.heard(given, await self._handing.hand(given))
            except OverlayError as error:
                retry, attempt = given.spec.retry, given.record.attempt
                pause_s = retry.pause_s(attempt)
                late = self._clock() + pause_s >= given.record.deadline
                if late or not retry.allows(cause_of_error(error), attempt):
                    raise
                await self._leave(given)
                await asyncio.sleep(pause_s)
            else:
                return

    async def drive(self, given: Given) -> None:
        """Until it has ended."""
        while not given.ended:
            ticket = self._bell.ticket(given.id)
            try:
                await self._step(given, ticket)
            except OverlayError as error:
                _log.warning("task %s: %s", given.id, error)
                await asyncio.sleep(self._settings.task_again_s)
            finally:
                self._bell.drop(given.id, ticket)

    def heard(self, given: Given, page: Page) -> None:
        """What its executor said."""
        if page.lost:
            if given.spec.retry.allows("unreachable", given.record.attempt):
                given.fail("unreachable")
            else:
                self.end(given, TaskState.FAILED, _LOST)
            return
        given.taken()
        given.apply((told.event for told in page.events if told.task == given.id), self._clock())
        given.resync = given.resync or (page.more and not given.ended)
        if not given.ended:
            self._followers.follow(given, page)

    def end(self, given: Given, state: TaskState, said: Said) -> None:
        """It has ended by our own word."""
        if not given.ended:
            given.finish(state, said, self._clock())

    async def call_off(self, executor: PartyId, record: Record) -> None:
        """Tell an executor, whenever it can be reached, that its attempt is not wanted any more."""
        left_s = max(record.deadline - self._clock(), self._settings.task_silence_s)
        cancel = Cancel(record.id, record.attempt)
        try:
            await self._courier.tell(executor, record.skill, cancel, min(left_s, DAY_S))
        except OverlayError as error:
            _log.warning("%s is not told that task %s is not wanted: %s", executor, record.id, error)

    async def _step(self, given: Given, ticket: asyncio.Future[None]) -> None:
        if given.cause is not None or given.executor is None:
            await self._again(given)
        elif given.resync or not given.record.told:
            await self._ask(given)
        else:
            self._followers.follow(given)
            if not given.resync and not await within(ticket, self._patience_s(given)):
                await self._out_of_patience(given)

    async def _again(self, given: Given) -> None:
        """Another attempt, since the one before failed."""
        retry, pause_s = given.spec.retry, given.spec.retry.pause_s(given.record.attempt)
        if given.executor is not None:
            if self._clock() + pause_s >= given.record.deadline:
                await self._too_late(given)
                return
            await self._leave(given)
            await asyncio.sleep(pause_s)
        given.cause = None
        try:
            if not given.ended:
                self.heard(given, await self._handing.hand(given))
        except OverlayError as error:
            cause = cause_of_error(error)
            if self._clock() >= given.record.deadline:
                await self._too_late(given)
            elif retry.allows(cause, given.record.attempt):
                given.cause = cause
                if given.executor is None:
                    await given.retry()
                    given.cause = cause
                    await asyncio.sleep(retry.pause_s(given.record.attempt))
            elif given.may_have:
                given.resync = True  # it may be doing it: ask until the deadline
            else:
                self.end(given, TaskState.FAILED, Said(str(error).encode(), reason=error.reason))
        if given.ended and given.executor is not None and given.may_have:
            await self._call_off_if_unheard(given)

    async def _call_off_if_unheard(self, given: Given) -> None:
        """It was cancelled while it was handed on."""
        if given.record.state is TaskState.CANCELLED and given.executor is not None:
            await self.call_off(given.executor, given.record)

    async def _ask(self, given: Given) -> None:
        """Whether its executor has it, and what happened since."""
        try:
            page = await self._handing.ask(given)
        except OverlayError as error:
            cause = cause_of_error(error)
            if given.ended:
                return
            if self._clock() > given.record.deadline + self._settings.clock_skew_s:
                await self._too_late(given)
            elif given.spec.retry.allows(cause, given.record.attempt):
                given.cause = cause
            elif cause in ("refused", "failed"):
                self.end(given, TaskState.FAILED, Said(str(error).encode(), reason=error.reason))
            else:
                raise
        else:
            given.resync = False
            self.heard(given, page)

    async def _leave(self, given: Given) -> None:
        """Its executor, if it may have it, is told to do it no more; then nobody has it."""
        executor, record, may_have = given.executor, given.record, given.may_have
        await given.retry()
        if executor is not None and may_have:
            await self.call_off(executor, record)

    async def _too_late(self, given: Given) -> None:
        executor, record = given.executor, given.record
        self.end(given, TaskState.FAILED, _LATE)
        if executor is not None and given.may_have:
            await self.call_off(executor, record)

    def _patience_s(self, given: Given) -> float:
        """How long to wait for news before something else is to be done."""
        left_s = given.record.deadline + self._settings.clock_skew_s - self._clock()
        if given.spec.retry.allows("unreachable", given.record.attempt):
            left_s = min(left_s, given.heard + self._silence_s(given) - time.monotonic())
        return min(max(left_s, 0.01), _LONGEST_S)

    async def _out_of_patience(self, given: Given) -> None:
        if self._clock() > given.record.deadline + self._settings.clock_skew_s:
            await self._too_late(given)
            return
        silent = time.monotonic() - given.heard >= self._silence_s(given)
        if silent and given.spec.retry.allows("unreachable", given.record.attempt):
            given.fail("unreachable")

    def _silence_s(self, given: Given) -> float:
        return given.spec.retry.silence_s or self._settings.task_silence_s
