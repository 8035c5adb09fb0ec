"""A chain that runs, step by step, for whoever looks on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from overlay.chains.chain import Step
from overlay.chains.facts import Course, Facts, Unit
from overlay.chains.gathered import Rounds
from overlay.chains.layout import Layout, children, in_order
from overlay.chains.plan import Plan, plan, undo_of


class StepShown(msgspec.Struct, frozen=True):
    """One step, group or alternatives, in one round."""

    key: str
    depth: int
    """How many groups it is in."""
    kind: str
    """step, group, rounds, either."""
    skill: str
    after: tuple[str, ...]
    state: str
    """waiting, ready, running, done, failed, skipped, cancelled; taking back, taken back."""
    agent: str = ""
    attempts: int = 0
    began: float = 0.0
    ended: float = 0.0
    """0: it goes on."""
    error: str = ""


class ChainShown(msgspec.Struct, frozen=True):
    """All of it."""

    id: str
    name: str
    state: str
    began: float
    ended: float
    steps: tuple[StepShown, ...]
    error: str = ""


def shown_steps(layout: Layout, facts: Facts) -> tuple[StepShown, ...]:
    """In the order in which they can come; rounds one after the other."""
    return tuple(_Showing(facts, plan(layout, facts)).steps(layout.chain.steps, (), 0))


class _Showing:
    def __init__(self, facts: Facts, found: Plan) -> None:
        self._facts = facts
        self._plan = found

    def steps(self, steps: Sequence[Step], rounds: Rounds, depth: int) -> Iterator[StepShown]:
        for step in _ordered(steps):
            key = Unit(step.id, rounds).key
            standing = self._plan.standing.get(key, "waiting")
            if not children(step):
                yield self._leaf(step, Unit(step.id, rounds), depth, standing)
                continue
            last = self._plan.gathered.rounds.get((step.id, rounds), 0)
            kind = "rounds" if step.repeat else "either" if step.either else "group"
            note = f"round {last} of {step.repeat.rounds}" if step.repeat and last else ""
            word = "running" if standing == "active" else _word(standing)
            yield StepShown(key, depth, kind, "", step.after, word, error=note)
            inner = [(*rounds, count) for count in range(1, last + 1)] if step.repeat else [rounds]
            for there in inner:
                yield from self.steps(children(step), there, depth + 1)

    def _leaf(self, step: Step, unit: Unit, depth: int, standing: str) -> StepShown:
        course = self._facts.course(unit)
        undo = self._facts.course(undo_of(unit))
        if course is None:
            return StepShown(unit.key, depth, "step", step.skill, step.after, _word(standing))
        said = undo or course
        return StepShown(
            unit.key,
            depth,
            "step",
            step.skill,
            step.after,
            _undone(undo) if undo else "running" if course.running else _word(standing),
            said.last.agent or course.last.agent,
            len(course.attempts),
            course.attempts[0].began,
            said.last.ended,
            said.last.error,
        )


def _ordered(steps: Sequence[Step]) -> Sequence[Step]:
    return in_order(steps) if any(step.after for step in steps) else steps


def _word(standing: str) -> str:
    return {"active": "ready", "stopped": "cancelled"}.get(standing, standing)


def _undone(undo: Course) -> str:
    return "taken back" if undo.done else "taking back" if undo.running else "not taken back"
