"""One task that we gave: what we know of it, from its executor's events (AG-3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from overlay.bell import Bell
from overlay.errors import Overloaded, Refused, Unreachable
from overlay.naming.ids import PartyId
from overlay.tasks.event import EventKind, Said, TaskEvent
from overlay.tasks.journal import Journal, Record
from overlay.tasks.retry import Cause
from overlay.tasks.spec import Spec
from overlay.tasks.state import TaskState

_REFUSED = {"refused", "not-permitted", "not-found", "bad-input", "bad-name", "too-large", "bad-settings"}


class Given:
    """Whoever waits for news of it takes a ticket of its bell."""

    def __init__(self, record: Record, spec: Spec, journal: Journal, bell: Bell) -> None:
        self.record = record
        self.spec = spec
        self.bell = bell
        self.ending: TaskEvent | None = None
        """The last event, when it has ended."""
        self.cause: Cause | None = None
        """Why there is to be another attempt."""
        self.resync = False
        """Events are missing, or we do not know whether the executor has it: it is to be asked."""
        self.may_have = bool(record.executor)
        """It was sent to its executor, which did not say that it does not take it."""
        self.elsewhere = False
        """Another process of ours gave it to somebody meanwhile."""
        self.heard = time.monotonic()
        self.closed = False
        self._journal = journal
        self._written: asyncio.Future[None] | None = None
        if record.state.ended:
            self.ending = journal.last_event(record.id)

    @property
    def id(self) -> str:
        """Of the task."""
        return self.record.id

    @property
    def executor(self) -> PartyId | None:
        """Who has it, or may have it."""
        return PartyId.parse(self.record.executor) if self.record.executor else None

    @property
    def ended(self) -> bool:
        """Nothing follows."""
        return self.record.state.ended

    # -- what becomes of it ------------------------------------------------------------------------------
    def apply(self, events: Iterable[TaskEvent], now: float) -> None:
        """What its executor told: each event counts once, in order."""
        news: list[TaskEvent] = []
        for event in events:
            if self.ended or event.number > self.record.last + 1:
                self.resync = not self.ended
                break
            if event.number <= self.record.last:
                continue
            seen = self._seen(event)
            ended = now if seen.state.ended else 0.0
            self.record = replace(self.record, last=seen.number, state=seen.state, ended=ended)
            if ended:
                self.ending = seen
            news.append(seen)
        if news:
            self._write(news, lasting=False)
        if news or self.resync:
            self.bell.ring(self.id)

    def finish(self, state: TaskState, said: Said, now: float) -> None:
        """It has ended by our own word: its executor is silent, or its deadline passed."""
        number = self.record.last + 1
        what = (said.body, said.media_type, said.files, said.reason)
        event = TaskEvent(number, EventKind.STATE, state, self.record.attempt, now, *what)
        self.record = replace(self.record, last=number, state=state, ended=now)
        self.ending = event
        self._write([event], lasting=True)
        self.bell.ring(self.id)

    async def assign(self, party: PartyId, skill: str, now: float, *, wait: bool) -> None:
        """This one has it, from now on. On disk when this returns, unless we do not `wait`. Raises Refused
        where another process of ours was faster.
        """
        if self.record.executor == str(party) and not self.record.told:
            return
        self.may_have = False
        moment = int(now * 1000)
        await self._move(
            replace(self.record, executor=str(party), skill=skill, assigned_ms=moment, told=0), wait=wait
        )

    async def retry(self) -> None:
        """The next attempt begins: nobody has it. On disk when this returns. Raises as `assign`."""
        record = self.record
        tried = f"{record.tried} {record.executor}".strip() if record.executor else record.tried
        self.cause, self.resync, self.may_have = None, False, False
        await self._move(
            replace(record, attempt=record.attempt + 1, executor="", told=0, tried=tried), wait=True
        )

    def taken(self) -> None:
        """Its executor answered."""
        self.heard = time.monotonic()
        self.may_have = True
        if not self.record.told:
            self.record = replace(self.record, told=1)
            self._write([], lasting=False)

    def fail(self, cause: Cause) -> None:
        """This attempt is over, as far as we are concerned."""
        self.cause = cause
        self.bell.ring(self.id)

    # -- who waits ---------------------------------------------------------------------------------------
    async def news(self, ticket: asyncio.Future[None]) -> None:
        """Wait. Raises Unreachable when the agent leaves its block."""
        if not self.closed:
            await ticket
        if self.closed:
            raise Unreachable("this agent left its block: `agent.task(…)` finds its tasks when it is back")

    def close(self) -> None:
        """Who waits is told so."""
        self.closed = True
        self.bell.ring(self.id)

    async def written(self) -> None:
        """The journal knows what we know. Raises Unavailable."""
        if self._written is not None:
            await asyncio.shield(self._written)

    async def events(self, after: int) -> list[TaskEvent]:
        """Some that come after event number `after`."""
        await self.written()
        return self._journal.events(self.id, after)

    async def _move(self, record: Record, *, wait: bool) -> None:
        moved = self._journal.move(record, self.record, lasting=wait)
        self.record = record
        self._written = asyncio.ensure_future(_only(moved))
        self._written.add_done_callback(_looked_at)
        if wait and not await moved:
            self.record, self.resync, self.elsewhere = self._journal.get(self.id) or record, True, True
            raise Refused(f"another process of ours gives task {self.id}: find it by `agent.task(…)`")

    def _write(self, events: list[TaskEvent], *, lasting: bool) -> None:
        self._written = self._journal.put(self.record, events, lasting=lasting)
        self._written.add_done_callback(_looked_at)

    def _seen(self, event: TaskEvent) -> TaskEvent:
        """A failure after which there is another attempt is no end."""
        if event.state is not TaskState.FAILED:
            return event
        if event.attempt >= self.record.attempt:
            cause = cause_of_reason(event.reason)
            if event.reason == "timed-out" or not self.spec.retry.allows(cause, self.record.attempt):
                return event
            self.cause = cause
        return msgspec.structs.replace(event, kind=EventKind.RETRY, state=TaskState.PENDING)


def cause_of_reason(reason: str) -> Cause:
    """Of a task that failed at its executor."""
    if reason == Overloaded.reason:
        return "overloaded"
    return "refused" if reason in _REFUSED else "failed"


async def _only(moved: asyncio.Future[bool]) -> None:
    await moved


def _looked_at(written: asyncio.Future[None]) -> None:
    """Whoever needs it on disk awaits it; for others the executor is asked again."""
    if not written.cancelled():
        written.exception()
