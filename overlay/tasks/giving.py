"""A creator's tasks in this process: started once, found again, told, cancelled (AG-3)."""

from __future__ import annotations

import asyncio

from overlay.bell import Bell
from overlay.beside import Beside
from overlay.clock import Clock
from overlay.errors import NotFound, Overloaded, Refused, TimedOut
from overlay.settings import Settings
from overlay.tasks.courier import Courier
from overlay.tasks.driving import Driving
from overlay.tasks.event import Said
from overlay.tasks.follower import Followers
from overlay.tasks.given import Given
from overlay.tasks.handing import Handing, quality_name
from overlay.tasks.journal import Journal, Record
from overlay.tasks.spec import Spec, decode_spec, encode_spec
from overlay.tasks.state import TaskState
from overlay.tasks.talk import Cancel, Page, Start, Talk
from overlay.tasks.task_id import check_task

_CANCELLED = Said(b"its creator cancelled it")


class Giving:
    """`close` it: its tasks go on without us, and `find` finds them again."""

    def __init__(
        self, courier: Courier, handing: Handing, journal: Journal, settings: Settings, clock: Clock
    ) -> None:
        self._courier = courier
        self._journal = journal
        self._settings = settings
        self._clock = clock
        self._bell = Bell()
        self._beside = Beside("task")
        self._live: dict[str, Given] = {}
        self._beginning: dict[str, asyncio.Future[None]] = {}
        followers = Followers(courier, self._live.get, self._beside, settings, clock)
        self._driving = Driving(courier, handing, followers, self._bell, settings, clock)

    async def start(self, task: str, spec: Spec, deadline_s: float) -> Given:
        """See `Agent.start_task`."""
        known = self._find(check_task(task))
        if known is not None:
            return await self._same(known, spec)
        if len(self._live) >= self._settings.tasks_open:
            raise Overloaded(f"{self._settings.tasks_open} tasks of ours are open (tasks_open)")
        now, data = self._clock(), encode_spec(spec)
        record = Record(task, data, "", "", 1, 0, 0, "", TaskState.PENDING, 0, now, now + deadline_s, 0.0)
        given = self._enter(Given(record, spec, self._journal, self._bell))
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
        self._driving.heard(given, await self._told(given, talk))

    async def refresh(self, given: Given) -> None:
        """Ask its executor what happened. Raises as `ask`."""
        while not given.ended and given.executor is not None and given.record.told:
            given.resync = False
            page = await self._told(given, Start(given.id, *_about(given, self._clock()), known=True))
            self._driving.heard(given, page)
            if not given.resync:
                return

    async def cancel(self, given: Given) -> None:
        """Returns when its executor knows, or there is none. Raises as `ask`."""
        if given.ended:
            return
        executor, record = given.executor, given.record
        if executor is None:
            self._driving.end(given, TaskState.CANCELLED, _CANCELLED)
            return
        page = await self._told(given, Cancel(given.id, record.attempt, record.last))
        if page.lost and not record.told:  # it is on its way there
            self._driving.end(given, TaskState.CANCELLED, _CANCELLED)
            await self._driving.call_off(executor, record)
        elif given.executor == executor:
            self._driving.heard(given, page)

    async def forget(self) -> None:
        """What ended long ago."""
        kept = self._settings.task_ended_kept
        await self._journal.forget(self._clock() - self._settings.task_kept_s, kept)

    async def close(self) -> None:
        """Idempotent."""
        await self._beside.close()
        for given in list(self._live.values()):
            given.close()
        self._live.clear()

    async def _told(self, given: Given, talk: Talk) -> Page:
        executor = given.executor
        if executor is None:
            raise NotFound(f"nobody has task {given.id} now: it is between two attempts")
        patience_s = self._settings.ask_timeout_s
        return await self._courier.ask(executor, given.record.skill, talk, patience_s, quality_name(given))

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
            self._enter(given)
            self._beside.begin(self._drive(given))
        return given

    async def _begin(self, given: Given) -> None:
        try:
            await self._driving.first(given)
        except TimedOut:
            raise  # somebody may have it: it is asked for until its deadline
        except BaseException:
            if given.elsewhere:
                self._leave(given)
            elif not given.may_have and given.record.attempt == 1:
                self._leave(given)
                await self._journal.drop(given.id)  # nobody has it
            raise
        finally:
            if given.id in self._live:
                if given.ended:
                    self._leave(given)
                else:
                    self._beside.begin(self._drive(given))

    async def _drive(self, given: Given) -> None:
        await self._driving.drive(given)
        self._leave(given)

    def _enter(self, given: Given) -> Given:
        self._live[given.id] = given
        if given.spec.quality is not None:
            self._courier.use_quality(quality_name(given), given.spec.quality)
        return given

    def _leave(self, given: Given) -> None:
        self._live.pop(given.id, None)
        if given.spec.quality is not None:
            self._courier.drop_quality(quality_name(given))


def _about(given: Given, now: float) -> tuple[int, int, float, int]:
    record = given.record
    return record.attempt, record.assigned_ms, max(record.deadline - now, 0.001), record.last
