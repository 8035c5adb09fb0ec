"""A creator's tasks in this process: given, followed, tried again, ended (AG-3)."""

from __future__ import annotations

import asyncio
import logging
import time

from overlay.clock import Clock
from overlay.errors import NotFound, OverlayError, Overloaded, Refused, TimedOut
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.tasks.bell import Bell, within
from overlay.tasks.beside import Beside
from overlay.tasks.courier import Courier
from overlay.tasks.event import Said
from overlay.tasks.follower import Follower
from overlay.tasks.given import Given
from overlay.tasks.handing import Handing, cause_of_error, quality_name
from overlay.tasks.journal import Journal, Record
from overlay.tasks.spec import Spec, decode_spec, encode_spec
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Cancel, Page, Talk
from overlay.tasks.task_id import check_task

_log = logging.getLogger("overlay.tasks")
_FOREVER_S = 3600.0


class Giving:
    """`close` it: its tasks go on without us, and `find` finds them again."""

    def __init__(
        self, courier: Courier, handing: Handing, journal: Journal, settings: Settings, clock: Clock
    ) -> None:
        self._courier = courier
        self._handing = handing
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._bell = Bell()
        self._live: dict[str, Given] = {}
        self._beginning: dict[str, asyncio.Future[None]] = {}
        self._followers: dict[tuple[PartyId, str], Follower] = {}
        self._beside = Beside()

    async def start(self, task: str, spec: Spec, deadline_s: float) -> Given:
        """See `Agent.start_task`."""
        known = self._find(check_task(task))
        if known is not None:
            return await self._same(known, spec)
        if len(self._live) >= self._settings.tasks_open:
            raise Overloaded(f"{self._settings.tasks_open} tasks of ours are open (tasks_open)")
        now = self._clock()
        pending = TaskState.PENDING
        record = Record(task, encode_spec(spec), "", "", 1, 0, 0, "", pending, 0, now, now + deadline_s, 0.0)
        given = self._live[task] = Given(record, spec, self._journal, self._bell)
        if spec.quality is not None:
            self._courier.use_quality(quality_name(given), spec.quality)
        beginning = self._beginning[task] = asyncio.get_running_loop().create_future()
        try:
            await self._begin(given)
        finally:
            del self._beginning[task]
            beginning.set_result(None)
        return given

    def find(self, task: str) -> Given:
        """One that we gave. Raises NotFound."""
        given = self._find(check_task(task))
        if given is None:
            raise NotFound(f"we gave no task {task}, or it ended long ago (task_kept_s)")
        return given

    async def tell(self, given: Given, talk: Talk) -> None:
        """Say something about a task to its executor, and hear what became of it. Raises as `ask`."""
        executor = given.executor
        if executor is None:
            raise NotFound(f"nobody has task {given.id} now: it is between two attempts")
        patience_s = self._settings.ask_timeout_s
        page = await self._courier.ask(executor, given.record.skill, talk, patience_s, quality_name(given))
        if executor == given.executor:
            self._heard(given, page)

    async def cancel(self, given: Given) -> None:
        """Returns when its executor knows, or there is none."""
        given.wanted_cancelled = True
        if given.executor is None:
            self._end(given, TaskState.CANCELLED, Said(b"its creator cancelled it"))
        elif not given.ended:
            await self.tell(given, Cancel(given.id, given.record.attempt, given.record.last))

    async def forget(self) -> None:
        """What ended long ago."""
        kept = self._settings.task_ended_kept
        await self._journal.forget(self._clock() - self._settings.task_kept_s, kept)

    async def close(self) -> None:
        """Idempotent."""
        await self._beside.close()
        for given in self._live.values():
            given.close()
        self._live.clear()

    # -- one task ----------------------------------------------------------------------------------------
    async def _same(self, given: Given, spec: Spec) -> Given:
        if given.spec.digest != spec.digest:
            raise Refused(f"{given.id} is another task of ours already: make a new ID for this one")
        beginning = self._beginning.get(given.id)
        if beginning is not None:
            await asyncio.shield(beginning)
        return given

    def _find(self, task: str) -> Given | None:
        if task in self._live:
            return self._live[task]
        record = self._journal.get(task)
        if record is None:
            return None
        given = Given(record, decode_spec(record.spec), self._journal, self._bell)
        if not given.ended:
            given.resync = bool(record.executor)
            given.cause = None if record.executor else "unreachable"
            if given.spec.quality is not None:
                self._courier.use_quality(quality_name(given), given.spec.quality)
            self._live[task] = given
            self._beside.begin(self._drive(given))
        return given

    async def _begin(self, given: Given) -> None:
        """The first attempt, or what comes after it if that is allowed. Raises where nobody took it."""
        try:
            while True:
                try:
                    page = await self._handing.hand(given)
                except OverlayError as error:
                    await self._next(given, error)
                else:
                    self._heard(given, page)
                    break
        except BaseException as error:
            if not isinstance(error, TimedOut | asyncio.CancelledError):
                await self._journal.drop(given.id)  # nobody has it
                self._close_one(given)
            raise
        finally:
            if given.id in self._live and not given.ended and not given.closed:
                self._beside.begin(self._drive(given))

    async def _next(self, given: Given, error: OverlayError) -> None:
        """After a pause there may be another attempt. Raises `error` where there may not."""
        retry, attempt = given.spec.retry, given.record.attempt
        pause_s = retry.pause_s(attempt)
        late = self._clock() + pause_s >= given.record.deadline
        if late or not retry.allows(cause_of_error(error), attempt):
            raise error
        await self._leave(given)
        await asyncio.sleep(pause_s)

    async def _leave(self, given: Given) -> None:
        """Its executor, if it has it, is told to do it no more; then nobody has it."""
        executor, record = given.executor, given.record
        await given.retry()
        if executor is not None and (record.told or given.spec.retry.silence_s):
            await self._tell_cancelled(executor, record)

    async def _tell_cancelled(self, executor: PartyId, record: Record) -> None:
        left_s = max(record.deadline - self._clock(), self._settings.task_silence_s)
        cancel = Cancel(record.id, record.attempt)
        try:
            await self._courier.tell(executor, record.skill, cancel, min(left_s, 86400.0))
        except OverlayError as error:
            _log.warning("%s is not told that task %s is not wanted: %s", executor, record.id, error)

    async def _drive(self, given: Given) -> None:
        """Until it has ended."""
        while not given.ended:
            ticket = self._bell.ticket(given.id)
            try:
                if given.cause is not None:
                    await self._again(given)
                elif given.resync or not given.record.told:
                    await self._ask(given)
                else:
                    self._follow(given)
                    if not await within(ticket, self._patience_s(given)):
                        await self._out_of_patience(given)
            except OverlayError as error:
                _log.warning("task %s: %s", given.id, error)
                await asyncio.sleep(self._settings.task_again_s)
            finally:
                self._bell.drop(given.id, ticket)
        self._close_one(given)

    async def _again(self, given: Given) -> None:
        """Another attempt, since the one before failed."""
        retry, attempt = given.spec.retry, given.record.attempt
        if given.executor is not None:
            pause_s = retry.pause_s(attempt)
            if self._clock() + pause_s >= given.record.deadline:
                self._end(given, TaskState.FAILED, _LATE)
                return
            await self._leave(given)
            await asyncio.sleep(pause_s)
        if given.ended:
            return
        given.cause = None
        try:
            self._heard(given, await self._handing.hand(given))
        except OverlayError as error:
            given.cause = cause = cause_of_error(error)
            if not retry.allows(cause, given.record.attempt):
                said = Said(str(error).encode(), reason=error.reason)
                self._end(given, TaskState.FAILED, said)
            elif given.executor is None:
                await given.retry()
                given.cause = cause
                await asyncio.sleep(retry.pause_s(given.record.attempt))

    async def _ask(self, given: Given) -> None:
        """Whether its executor has it, and what happened since."""
        try:
            page = await self._handing.ask(given)
        except OverlayError as error:
            cause = cause_of_error(error)
            if given.spec.retry.allows(cause, given.record.attempt):
                given.cause = cause
            elif self._clock() > given.record.deadline + self._settings.clock_skew_s:
                self._end(given, TaskState.FAILED, _LATE)
            elif cause in ("refused", "failed"):
                self._end(given, TaskState.FAILED, Said(str(error).encode(), reason=error.reason))
            else:
                raise
        else:
            given.resync = False
            self._heard(given, page)

    def _heard(self, given: Given, page: Page) -> None:
        executor = given.executor
        if page.lost:
            if given.spec.retry.allows("unreachable", given.record.attempt):
                given.fail("unreachable")
            else:
                self._end(given, TaskState.FAILED, _LOST)
            return
        given.taken()
        given.apply((told.event for told in page.events if told.task == given.id), self._clock())
        given.resync = given.resync or page.more
        if executor is not None and not given.ended:
            self._follow(given, page)

    def _follow(self, given: Given, page: Page | None = None) -> None:
        executor = given.executor
        if executor is None:
            return
        at = (executor, given.record.skill)
        follower = self._followers.get(at)
        if follower is None:
            if page is None:
                given.resync = True  # to know from where on
                return
            find = self._live.get
            follower = self._followers[at] = Follower(
                *at, page.reached, page.book, self._courier, find, self._settings, self._clock
            )
            follower.tasks.add(given.id)
            self._beside.begin(self._run_follower(at, follower))
        follower.tasks.add(given.id)

    async def _run_follower(self, at: tuple[PartyId, str], follower: Follower) -> None:
        try:
            await follower.run()
        finally:
            del self._followers[at]

    def _patience_s(self, given: Given) -> float:
        """How long to wait for news before something else is to be done."""
        left_s = given.record.deadline + self._settings.clock_skew_s - self._clock()
        if given.spec.retry.allows("unreachable", given.record.attempt):
            silence_s = given.spec.retry.silence_s or self._settings.task_silence_s
            left_s = min(left_s, given.heard + silence_s - time.monotonic())
        return min(max(left_s, 0.01), _FOREVER_S)

    async def _out_of_patience(self, given: Given) -> None:
        executor, record = given.executor, given.record
        if self._clock() > record.deadline + self._settings.clock_skew_s:
            self._end(given, TaskState.FAILED, _LATE)
            if executor is not None:
                await self._tell_cancelled(executor, record)
            return
        silence_s = given.spec.retry.silence_s or self._settings.task_silence_s
        silent = time.monotonic() - given.heard >= silence_s
        if silent and given.spec.retry.allows("unreachable", record.attempt):
            given.fail("unreachable")

    def _end(self, given: Given, state: TaskState, said: Said) -> None:
        if not given.ended:
            given.finish(state, said, self._clock())

    def _close_one(self, given: Given) -> None:
        self._live.pop(given.id, None)
        if given.spec.quality is not None:
            self._courier.drop_quality(quality_name(given))


_LATE = Said(b"its deadline passed", reason=TimedOut.reason)
_LOST = Said(b"its executor does not know it any more", reason="lost")
