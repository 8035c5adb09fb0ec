"""What comes next in a chain, by what has happened: the whole of it, worked out anew each time. Pure.

A chain that was interrupted goes on the same way as one that was not, for nothing but the facts counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from overlay.chains.chain import Step
from overlay.chains.conditions import holds
from overlay.chains.facts import Attempt, Course, Facts, State, Unit
from overlay.chains.gathered import Gathered, Rounds, Standing
from overlay.chains.layout import Layout, children

_SETTLED = ("done", "failed", "skipped")
_LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True, slots=True)
class Ready:
    """A task that may be started."""

    unit: Unit
    step: Step
    attempt: int
    not_before: float = 0.0
    others_only: bool = False
    """By an agent that did not fail at it."""
    alone: str = ""
    """The group of which only one is started: take one, and plan again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be started, what is to be cancelled, and what became of it all."""

    ready: tuple[Ready, ...]
    cancel: frozenset[Unit]
    state: State
    standing: dict[str, Standing]
    """Of each step, by its key: for who looks on."""
    gathered: Gathered
    error: str = ""


def plan(layout: Layout, facts: Facts) -> Plan:
    """Terminates for every chain without faults."""
    return _Planning(layout, facts).whole()


@dataclass(slots=True)
class _View:
    """Of a part of the chain."""

    standing: Standing
    ready: list[Ready] = field(default_factory=list)
    running: list[Unit] = field(default_factory=list)
    undoing: bool = False
    """Something of it is being taken back: that goes on whatever happens."""
    cancel: list[Unit] = field(default_factory=list)
    error: str = ""


class _Planning:
    def __init__(self, layout: Layout, facts: Facts) -> None:
        self._layout = layout
        self._facts = facts
        self._gathered = Gathered(layout, facts)
        self._standing = self._gathered.standing

    def whole(self) -> Plan:
        chain, facts = self._layout.chain, self._facts
        view = self._scope(chain.steps, (), None)
        state: State = "running"
        if view.standing == "done":
            state = "done"
        elif facts.stop:
            view = self._unwind(view, (), chain.steps, compensate=chain.when_stopped == "compensate")
            state = "running" if view.standing == "active" else "cancelled"
        elif view.standing == "failed":
            state = "failed"
        standing = {Unit(name, rounds).key: one for (name, rounds), one in self._standing.items()}
        return Plan(tuple(view.ready), frozenset(view.cancel), state, standing, self._gathered, view.error)

    # -- groups ------------------------------------------------------------------------------------------
    def _scope(self, steps: Sequence[Step], rounds: Rounds, group: Step | None) -> _View:
        views: dict[str, _View] = {}
        for step in self._layout.orders[group.id if group else ""]:
            views[step.id] = self._node(step, rounds, {name: views[name].standing for name in step.after})
            self._standing[step.id, rounds] = views[step.id].standing
        failed = [
            step for step in steps if views[step.id].standing == "failed" and step.on_failure != "continue"
        ]
        whole = _joined(views.values())
        if failed:
            whole.error = "; ".join(views[step.id].error for step in failed)
            inside = rounds if group is None or group.repeat is None else rounds[:-1]
            return self._unwind(
                whole, inside, steps, compensate=any(step.on_failure == "compensate" for step in failed)
            )
        if all(view.standing in _SETTLED for view in views.values()):
            return _View("done")
        if group is not None and group.order == "any":
            whole.ready = self._one_of(group, rounds, views)
        whole.standing = "active"
        return whole

    def _unwind(self, view: _View, rounds: Rounds, steps: Sequence[Step], *, compensate: bool) -> _View:
        """Nothing forward begins; what runs is cancelled; then the completed ones are taken back."""
        undos = [one for one in view.ready if one.unit.undo]
        cancel = sorted({*view.cancel, *view.running})
        ended = _View("active", undos, view.running, undoing=True, cancel=cancel, error=view.error)
        if view.running or undos or view.undoing or self._is_undoing(steps, rounds):
            return ended
        wanted = self._undone_next(steps, rounds) if compensate else None
        if wanted is None:
            return _View("failed", error=view.error)
        ended.ready = [wanted]
        return ended

    def _undone_next(self, steps: Sequence[Step], rounds: Rounds) -> Ready | None:
        done = [
            (course.order, unit)
            for unit, course in self._within(steps, rounds)
            if not unit.undo and course.done and self._layout.places[unit.step].step.compensate is not None
        ]
        for _, unit in sorted(done, reverse=True):
            ready = self._undo(unit)
            if ready is not None:
                return ready
        return None

    def _is_undoing(self, steps: Sequence[Step], rounds: Rounds) -> bool:
        return any(unit.undo and course.running for unit, course in self._within(steps, rounds))

    def _within(self, steps: Sequence[Step], rounds: Rounds) -> Iterable[tuple[Unit, Course]]:
        names = {step.id for step in _all_leaves(steps)}
        for unit, course in self._facts.courses.items():
            if unit.step in names and unit.rounds[: len(rounds)] == rounds:
                yield unit, course

    def _undo(self, unit: Unit) -> Ready | None:
        """None: it is taken back, or could not be."""
        step = self._layout.places[unit.step].step
        assert step.compensate is not None
        undo = undo_of(unit)
        course = self._facts.course(undo)
        if course is None:
            return Ready(undo, step, 1)
        last = course.last
        if last.outcome in ("done", "hopeless") or course.failures > step.compensate.retry:
            return None
        return Ready(undo, step, last.number + 1, _pause(last, course.failures, step.pause_s))

    def _one_of(self, group: Step, rounds: Rounds, views: dict[str, _View]) -> list[Ready]:
        """Of the one that was begun; where none was, any, but only one."""
        for step in group.steps:
            if views[step.id].standing == "active" and any(self._within((step,), rounds)):
                return views[step.id].ready
        alone = Unit(group.id, rounds).key
        return [replace(ready, alone=alone) for view in views.values() for ready in view.ready]

    # -- steps -------------------------------------------------------------------------------------------
    def _node(self, step: Step, rounds: Rounds, after: dict[str, Standing]) -> _View:
        if not all(one in _SETTLED for one in after.values()):
            return _View("waiting")
        if self._is_skipped(step, rounds, after):
            return _View("skipped")
        if step.either:
            return self._either(step, rounds)
        if step.repeat is not None:
            return self._repeated(step, rounds)
        if step.steps:
            return self._scope(step.steps, rounds, step)
        return self._leaf(step, rounds)

    def _leaf(self, step: Step, rounds: Rounds) -> _View:
        unit = Unit(step.id, rounds)
        course = self._facts.course(unit)
        if course is None:
            return _View("active", [Ready(unit, step, 1)])
        last = course.last
        match last.outcome:
            case "":
                return _View("active", running=[unit])
            case "done":
                return _View("done")
            case "cancelled":
                return _View("stopped")
        if last.outcome == "hopeless" or course.failures > step.retry + step.others:
            return _View("failed", error=_why(step, unit, course))
        pause = _pause(last, course.failures, step.pause_s)
        others = course.failures > step.retry
        return _View("active", [Ready(unit, step, last.number + 1, pause, others_only=others)])

    def _either(self, step: Step, rounds: Rounds) -> _View:
        said: list[str] = []
        for one in step.either:
            view = self._node(one, rounds, {})
            self._standing[one.id, rounds] = view.standing
            if view.standing not in ("failed", "skipped"):
                return view
            said.append(view.error)
        told = "; ".join(one for one in said if one) or "the conditions of none of them hold"
        return _View("failed", error=f"no alternative of {step.id!r} succeeded: {told}")

    def _repeated(self, step: Step, rounds: Rounds) -> _View:
        assert step.repeat is not None
        for count in range(1, step.repeat.rounds + 1):
            self._gathered.rounds[step.id, rounds] = count
            within = (*rounds, count)
            view = self._scope(step.steps, within, step)
            if view.standing != "done":
                return view
            if self._condition(step, within)(step.repeat.until):
                return view
        if step.repeat.unmet == "continue":
            return _View("done")
        return _View("failed", error=f"{step.id!r} came to no end in {step.repeat.rounds} rounds")

    def _is_skipped(self, step: Step, rounds: Rounds, after: dict[str, Standing]) -> bool:
        if step.when is not None:
            return not self._condition(step, rounds)(step.when)
        return bool(after) and all(one == "skipped" for one in after.values())

    def _condition(self, step: Step, rounds: Rounds) -> Callable[..., bool]:
        def ended(name: str) -> Standing | None:
            there = self._gathered.seen(name, step, rounds)
            return None if there is None else self._standing.get((name, there))

        return lambda condition: holds(
            condition, lambda name: self._gathered.given(name, step, rounds), ended
        )


def undo_of(unit: Unit) -> Unit:
    """The unit that takes it back."""
    return Unit(unit.step, unit.rounds, undo=True)


def _joined(views: Iterable[_View]) -> _View:
    whole = _View("waiting")
    for view in views:
        whole.ready += view.ready
        whole.running += view.running
        whole.cancel += view.cancel
        whole.undoing = whole.undoing or view.undoing
    return whole


def _all_leaves(steps: Sequence[Step]) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        found += _all_leaves(children(step)) if children(step) else [step]
    return found


def _pause(last: Attempt, failures: int, first_s: float) -> float:
    return last.ended + min(first_s * 2.0 ** min(failures - 1, 60), _LONGEST_PAUSE_S)


def _why(step: Step, unit: Unit, course: Course) -> str:
    tried = f" after {len(course.attempts)} attempts" if len(course.attempts) > 1 else ""
    return f"step {unit.key!r} ({step.skill}) failed{tried}: {course.last.error or 'it was cancelled'}"
