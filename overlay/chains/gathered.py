"""What steps gave, as conditions and inputs of others see it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from overlay.chains.chain import INPUT, Step
from overlay.chains.facts import Facts, Unit
from overlay.chains.layout import Layout, Place, children
from overlay.chains.values import MISSING, Reference, body_of, fill, look, reference_of, value_of

Rounds = tuple[int, ...]
Standing = Literal["waiting", "active", "done", "failed", "skipped", "stopped"]
"""Of a step; `active`: it runs, or may be started."""


class Gathered:
    """Of a chain, filled in by whoever plans it."""

    def __init__(self, layout: Layout, facts: Facts) -> None:
        self._layout = layout
        self._facts = facts
        self.rounds: dict[tuple[str, Rounds], int] = {}
        """How far each repeated group is, in the rounds of those around it."""
        self.standing: dict[tuple[str, Rounds], Standing] = {}

    def body(
        self,
        template: object,
        step: Step | None,
        rounds: Rounds,
        own: Unit | None = None,
        *,
        most_bytes: int,
    ) -> bytes:
        """An input. `own`: to take back this one, whose output is the default. Raises BadInput."""
        if template is None:
            return self._facts.courses[own].output if own is not None else self._facts.input
        alone = reference_of(template)
        if alone is not None and not alone.path and alone.rounds == "last":
            whole = self._bytes(alone.step, step, rounds)
            if whole is not None:
                return whole
        return body_of(fill(template, lambda one: self.refer(one, step, rounds), most_bytes))

    def refer(self, reference: Reference, step: Step | None, rounds: Rounds) -> object:
        """What a reference stands for, seen from a step (None: from after the end), or MISSING."""
        if reference.step == INPUT:
            return look(value_of(self._facts.input), reference.path)
        place = self._layout.places[reference.step]
        if reference.rounds == "all":
            found = [self._at(place.step, one) for one in self._all_rounds(place, step, rounds)]
            return [inner for value in found if (inner := _look(value, reference.path)) is not MISSING]
        there = self.seen(reference.step, step, rounds, back=reference.rounds == "previous")
        return MISSING if there is None else _look(self._at(place.step, there), reference.path)

    def given(self, name: str, step: Step | None, rounds: Rounds) -> object:
        """What a step gave, seen from another, or MISSING."""
        return self.refer(Reference(name), step, rounds)

    def seen(self, name: str, step: Step | None, rounds: Rounds, *, back: bool = False) -> Rounds | None:
        """The rounds in which a step is seen from another: the same ones, in others the last; `back`: the one
        before in the innermost that both are in. None: there is none.
        """
        its = self._layout.places[name].repeated
        mine = self._layout.places[step.id].repeated if step is not None else ()
        if step is not None and step.repeat is not None and len(rounds) > len(mine):
            mine = (*mine, step.id)
        shared = 0
        while shared < min(len(its), len(mine)) and its[shared] == mine[shared]:
            shared += 1
        there = rounds[:shared]
        if back:
            if not there or there[-1] == 1:
                return None
            there = (*there[:-1], there[-1] - 1)
        for group in its[shared:]:
            last = self.rounds.get((group, there))
            if last is None:
                return None
            there = (*there, last)
        return there

    def outputs(self) -> dict[str, bytes]:
        """Of each step that is done; of repeated ones the last."""
        found: dict[str, bytes] = {}
        for place in self._layout.leaves:
            there = self.seen(place.step.id, None, ())
            course = None if there is None else self._facts.course(Unit(place.step.id, there))
            if course is not None and course.done:
                found[place.step.id] = course.output
        return found

    def result(self, most_bytes: int) -> bytes:
        """Of the whole chain. Raises BadInput."""
        chain = self._layout.chain
        if chain.output is not None:
            return self.body(chain.output, None, (), most_bytes=most_bytes)
        waited = {name for step in chain.steps for name in step.after}
        last = {step.id: self._at(step, ()) for step in chain.steps if step.id not in waited}
        there = {name: value for name, value in last.items() if value is not MISSING}
        if len(last) == 1 and there:
            (name,) = there
            return self._bytes(name, None, ()) or body_of(there[name])
        return body_of(there)

    def _all_rounds(self, place: Place, step: Step | None, rounds: Rounds) -> Iterator[Rounds]:
        there = self.seen(place.step.id, step, rounds)
        if there is None:
            return
        settled = step is None or self._layout.before(place.step.id, step.id)
        yield from ((*there[:-1], count) for count in range(1, there[-1] + settled))

    def _bytes(self, name: str, step: Step | None, rounds: Rounds) -> bytes | None:
        if name == INPUT:
            return self._facts.input
        there = self.seen(name, step, rounds)
        course = None if there is None else self._facts.course(Unit(name, there))
        return course.output if course is not None and course.done else None

    def _at(self, step: Step, rounds: Rounds) -> object:
        if not children(step):
            course = self._facts.course(Unit(step.id, rounds))
            return course.value if course is not None and course.done else MISSING
        if step.repeat is not None:
            last = self.rounds.get((step.id, rounds))
            if last is None:
                return MISSING
            rounds = (*rounds, last)
        found = {one.id: self._at(one, rounds) for one in children(step)}
        there = {name: value for name, value in found.items() if value is not MISSING}
        if step.either:
            chosen = (name for name in there if self.standing.get((name, rounds)) == "done")
            return there.get(next(chosen, ""), MISSING)
        return there if there else MISSING


def _look(value: object, path: str) -> object:
    return MISSING if value is MISSING else look(value, path)
