"""One chain being worked through: each decision is written down before it has an effect (AG-5).

Whoever is killed at any instruction goes on by the same facts: a task that was begun is asked for again under
the same ID, which starts nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from overlay.chains.assign import Assign, Order
from overlay.chains.attempt import Effort, Ended
from overlay.chains.chain import Step
from overlay.chains.document import decode_chain
from overlay.chains.facts import Facts, Stop, Unit
from overlay.chains.journal import ChainOrder, Journal, facts_of
from overlay.chains.layout import Layout
from overlay.chains.plan import Plan, Ready, plan
from overlay.chains.position import Position, document_of, task_of, with_position
from overlay.chains.run import ChainEvent
from overlay.clock import Clock
from overlay.context.context import Context
from overlay.errors import BadInput, TooLarge, Unavailable
from overlay.patience import comes_within
from overlay.settings import Settings

_LONG_S = 3600.0


class Driving:
    """`run` it until the chain has ended. One at a time for a chain (`claim.py`)."""

    def __init__(
        self,
        order: ChainOrder,
        journal: Journal,
        assign: Assign,
        settings: Settings,
        clock: Clock,
        told: Callable[[], None],
    ) -> None:
        """`told` is called after each event."""
        self._order = order
        self._journal = journal
        self._assign = assign
        self._settings = settings
        self._clock = clock
        self._told = told
        chain = decode_chain(order.document, len(order.document))
        self._layout = Layout.of(chain)
        self._numbers = {place.step.id: n for n, place in enumerate(self._layout.leaves, 1)}
        self._document = document_of(chain)
        self._context = Context.decode(order.context) if order.context else Context()
        self._bound = chain.parallel or settings.chain_parallel
        events = journal.events(order.id)
        self._facts: Facts = facts_of(order, events)
        self._events = len(events)
        self._efforts: dict[Unit, Effort] = {}
        self._tasks: dict[asyncio.Task[Ended], Unit] = {}
        self._look = asyncio.Event()

    def look(self) -> None:
        """Something was asked of this chain: to stop."""
        self._look.set()

    async def run(self) -> None:
        """Raises Unavailable: the journal cannot be written."""
        try:
            for unit, course in sorted(self._facts.courses.items()):
                if course.running:
                    self._effort(unit)
            while await self._turn():
                pass
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _turn(self) -> bool:
        """Do what is to be done now, or wait. False: it has ended."""
        self._look.clear()
        await self._heed_stop()
        for task in [task for task in self._tasks if task.done()]:
            await self._ended(self._tasks.pop(task), task.result())
        found = plan(self._layout, self._facts)
        if found.state != "running":
            await self._finish(found)
            return False
        for unit in found.cancel:
            if unit in self._efforts:
                self._efforts[unit].cancel()
        now = self._clock()
        free = [one for one in found.ready if one.not_before <= now]
        if free and len(self._tasks) < self._bound:
            await self._begin(await self._pick(free), found)
        else:
            await self._wait(min((one.not_before - now for one in found.ready), default=_LONG_S))
        return True

    async def _heed_stop(self) -> None:
        asked: Stop = self._journal.row(self._order.id).stop
        if not asked and self._order.deadline and self._clock() >= self._order.deadline:
            asked = "expired"
        if asked and not self._facts.stop:
            await self._note(ChainEvent(0, "stopped", self._clock(), outcome=asked))
            self._facts.stopped(asked)

    async def _pick(self, free: list[Ready]) -> Ready:
        room = self._bound - len(self._tasks)
        if len(free) == 1 or not (free[0].alone or room < len(free)):
            return free[0]
        skills = [self._skill(one.step, undo=one.unit.undo) for one in free]
        try:
            return free[await self._assign.freest(skills)]
        except Unavailable:  # nobody knows: any will do
            return free[0]

    async def _begin(self, ready: Ready, found: Plan) -> None:
        unit = ready.unit
        await self._note(
            ChainEvent(0, "started", self._clock(), step=unit.key, undo=unit.undo, attempt=ready.attempt)
        )
        self._facts.began(unit, self._clock())
        self._effort(unit, found)

    def _effort(self, unit: Unit, found: Plan | None = None) -> None:
        """Its last attempt begins, or goes on: what it is, follows from the facts alone."""
        try:
            order = self._task(unit, found or plan(self._layout, self._facts))
        except BadInput as error:
            work = asyncio.ensure_future(_hopeless(str(error)))
        else:
            effort = Effort(order, self._assign, self._settings, self._patience(), self._taken_by(unit))
            self._efforts[unit] = effort
            work = asyncio.ensure_future(effort.run())
        work.add_done_callback(lambda _: self._look.set())
        self._tasks[work] = unit

    def _task(self, unit: Unit, found: Plan) -> Order:
        step = self._layout.places[unit.step].step
        attempts = self._facts.courses[unit].attempts
        number = len(attempts)
        undo = step.compensate if unit.undo else None
        own = Unit(unit.step, unit.rounds) if undo else None
        template, most = undo.input if undo else step.input, self._settings.chain_output_bytes
        body = found.gathered.body(template, step, unit.rounds, own, most_bytes=most)
        if len(body) > most:
            raise TooLarge(f"its input has {len(body)} bytes, more than {most} (chain_output_bytes)")
        failed = [one.agent for one in attempts[:-1] if one.outcome == "failed" and one.agent]
        others = undo is None and number - 1 > step.retry and bool(failed)
        return Order(
            task_of(self._order.id, unit, number),
            self._skill(step, undo=unit.undo),
            self._agent(step, own),
            body,
            self._context_of(unit, step, number),
            undo.deadline_s if undo else step.deadline_s,
            tuple(dict.fromkeys(failed)) if others else (),
        )

    def _agent(self, step: Step, done: Unit | None) -> str:
        if done is None or step.compensate is None:
            return step.agent
        if step.compensate.agent:
            return "" if step.compensate.agent == "any" else step.compensate.agent
        return self._facts.courses[done].last.agent

    @staticmethod
    def _skill(step: Step, *, undo: bool) -> str:
        return step.compensate.skill if undo and step.compensate else step.skill

    def _context_of(self, unit: Unit, step: Step, attempt: int) -> Context:
        position = Position(
            self._order.id,
            self._layout.chain.name,
            unit.step,
            self._numbers[unit.step],
            len(self._numbers),
            unit.rounds,
            attempt,
            unit.undo,
            self._document,
        )
        return with_position(self._context.for_scopes(step.scopes, step.grants), position)

    def _patience(self) -> float:
        return _LONG_S * 24 * 365 if self._order.waits else self._settings.chain_patience_s

    def _taken_by(self, unit: Unit) -> Callable[[str], asyncio.Future[None]]:
        async def taken(agent: str) -> None:
            attempt = self._facts.courses[unit].last
            if attempt.agent == agent:
                return
            number = len(self._facts.courses[unit].attempts)
            await self._note(
                ChainEvent(
                    0, "assigned", self._clock(), step=unit.key, undo=unit.undo, attempt=number, agent=agent
                )
            )
            self._facts.assigned(unit, agent)

        return lambda agent: asyncio.ensure_future(taken(agent))

    async def _ended(self, unit: Unit, ended: Ended) -> None:
        self._efforts.pop(unit, None)
        course, now = self._facts.courses[unit], self._clock()
        most = self._settings.chain_total_bytes
        if self._facts.total_bytes + len(ended.output) > most:
            ended = Ended("hopeless", error=f"all steps gave more than {most} bytes (chain_total_bytes)")
        await self._note(
            ChainEvent(
                0,
                "ended",
                now,
                step=unit.key,
                undo=unit.undo,
                attempt=course.last.number,
                agent=course.last.agent,
                outcome=ended.outcome,
                output=ended.output,
                error=ended.error,
            )
        )
        self._facts.ended(unit, ended.outcome, now, ended.output, ended.error)

    async def _finish(self, found: Plan) -> None:
        state, body, error = found.state, b"", found.error
        if state == "done":
            try:
                body = found.gathered.result(self._settings.chain_total_bytes)
            except BadInput as wrong:
                state, error = "failed", f"output: {wrong}"
        elif state == "cancelled":
            error = "its deadline passed" if self._facts.stop == "expired" else "it was cancelled"
        await self._note(ChainEvent(0, "finished", self._clock(), outcome=state, output=body, error=error))

    async def _note(self, event: ChainEvent) -> None:
        self._events += 1
        await self._journal.note(self._order.id, msgspec.structs.replace(event, number=self._events))
        self._told()

    async def _wait(self, seconds: float) -> None:
        if self._order.deadline and not self._facts.stop:
            seconds = min(seconds, self._order.deadline - self._clock())
        seconds = min(seconds, self._settings.chain_takeover_s)  # another process may have asked to stop
        await comes_within(self._look, max(0.0, seconds))


async def _hopeless(error: str) -> Ended:
    return Ended("hopeless", error=error)
