"""Giving one attempt of a task to somebody: the journal says to whom before anything is sent."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial

from overlay.anycast.anycasting import NOT_BEGUN, Anycasting, nobody
from overlay.anycast.choice import Choice
from overlay.clock import Clock
from overlay.errors import Failed, NotFound, OverlayError, Overloaded, Refused, TimedOut, Unavailable
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.tasks.courier import Courier
from overlay.tasks.given import Given
from overlay.tasks.retry import Cause
from overlay.tasks.spec import Spec
from overlay.tasks.talk import Page, Start


class Handing:
    """Of one process."""

    def __init__(
        self, me: PartyId, courier: Courier, anycasting: Anycasting, settings: Settings, clock: Clock
    ) -> None:
        self._me = me
        self._courier = courier
        self._anycasting = anycasting
        self._settings = settings
        self._clock = clock

    async def hand(self, given: Given) -> Page:
        """To whoever takes it. Raises what the last one said; TimedOut: it may have been begun."""
        spec = given.spec
        if "@" in spec.to:
            await given.assign(PartyId.parse(spec.to), spec.skill, self._clock(), wait=False)
            page = await self.ask(given)
            await given.written()
            return page
        choice = self._without(await self._anycasting.choose(spec.to, given.id), given)
        return await self._anycasting.first(choice, partial(self._offer, given))

    async def ask(self, given: Given) -> Page:
        """Whether its executor has it, or takes it now; asked again while there is no answer."""
        until = time.monotonic() + (given.spec.retry.silence_s or self._settings.task_silence_s)
        while not given.ended:
            try:
                return await self._ask_once(given)
            except (TimedOut, *NOT_BEGUN) as error:
                given.may_have = given.may_have or isinstance(error, TimedOut)
                if not given.may_have:
                    raise
                if time.monotonic() > until or self._late(given):
                    raise TimedOut(
                        f"{given.executor} may have task {given.id}, and is silent: {error}"
                    ) from error
            except Failed:
                raise
            except Unavailable:  # such as a process that is closing
                if time.monotonic() > until or self._late(given):
                    raise
            await asyncio.sleep(self._settings.task_again_s)
        raise Refused(f"task {given.id} is {given.record.state}")

    async def _offer(self, given: Given, party: PartyId, skill: str) -> Page:
        if given.ended:
            raise Refused(f"task {given.id} is {given.record.state}")
        await given.assign(party, skill, self._clock(), wait=True)
        return await self.ask(given)

    async def _ask_once(self, given: Given) -> Page:
        record, executor = given.record, given.executor
        assert executor is not None
        left_s = max(record.deadline - self._clock(), 0.001)
        start = _start(given.spec, given, left_s)
        patience_s = self._settings.task_answer_s + self._settings.task_late_s
        return await self._courier.ask(executor, record.skill, start, patience_s, quality_name(given))

    def _late(self, given: Given) -> bool:
        return self._clock() > given.record.deadline

    def _without(self, choice: Choice, given: Given) -> Choice:
        """Nobody who is to be avoided; who failed before only if there is nobody else."""
        avoid, tried = set(given.spec.avoid), set(given.record.tried.split())
        left = [one for one in choice.weighed if str(one.candidate.party) not in avoid]
        if not left:
            raise nobody(choice.skill, self._me)
        if given.spec.retry.other:
            left.sort(key=lambda one: str(one.candidate.party) in tried)
        elif given.record.tried:
            last = given.record.tried.split()[-1]
            left.sort(key=lambda one: str(one.candidate.party) != last)
        return replace(choice, weighed=tuple(left))


def quality_name(given: Given) -> str:
    """Of what is said about the task; empty: as usual."""
    return f"task-{given.id}" if given.spec.quality is not None else ""


def cause_of_error(error: OverlayError) -> Cause:
    """Of an attempt that nobody took."""
    if isinstance(error, Overloaded):
        return "overloaded"
    if isinstance(error, Failed):
        return "failed"
    away = isinstance(error, Unavailable | NotFound)  # nobody with the skill is there
    return "unreachable" if away else "refused"


def _start(spec: Spec, given: Given, left_s: float) -> Start:
    record = given.record
    about = (record.id, record.attempt, record.assigned_ms, left_s, record.last)
    if record.told:
        return Start(*about, known=True)
    what = (spec.body, spec.media_type, spec.files, spec.context, spec.session)
    return Start(*about, False, *what)
