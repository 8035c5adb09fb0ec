"""Where each step of a chain stands: in what, beside what, after what. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from overlay.chains.chain import Chain, Step


@dataclass(frozen=True, slots=True)
class Place:
    """Of one step. `around`: the groups and alternatives that it is in, the outermost first."""

    step: Step
    around: tuple[Step, ...]
    index: int
    """Among those beside it."""

    @property
    def way(self) -> tuple[Step, ...]:
        """From the outermost to itself."""
        return (*self.around, self.step)

    @property
    def repeated(self) -> tuple[str, ...]:
        """The repeated groups that it is in."""
        return tuple(one.id for one in self.around if one.repeat is not None)


@dataclass(slots=True)
class Layout:
    """Of a chain, which may be a wrong one: of two steps with one name the first counts."""

    chain: Chain
    places: dict[str, Place] = field(default_factory=dict)
    every: list[Place] = field(default_factory=list)
    doubles: list[str] = field(default_factory=list)
    _earlier: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, chain: Chain) -> Layout:
        """It never fails."""
        layout = cls(chain)
        for place in _walk(chain.steps):
            layout.every.append(place)
            if place.step.id in layout.places:
                layout.doubles.append(place.step.id)
            else:
                layout.places[place.step.id] = place
        layout._earlier = dict(_all_earlier(chain.steps))
        return layout

    @property
    def leaves(self) -> list[Place]:
        """The steps that are tasks."""
        return [place for place in self.places.values() if not children(place.step)]

    def earlier(self, one: str) -> frozenset[str]:
        """Those beside it that are settled when it begins."""
        return self._earlier.get(one, frozenset())

    def before(self, one: str, other: str) -> bool:
        """Whether `one` is always settled when `other` begins."""
        if one not in self.places or other not in self.places:
            return False
        mine, its = self.fork(one, other)
        return mine is not None and its is not None and mine.id in self.earlier(its.id)

    def fork(self, one: str, other: str) -> tuple[Step | None, Step | None]:
        """The two beside each other in which they are; None where one is in the other."""
        for mine, its in zip(self.places[one].way, self.places[other].way, strict=False):
            if mine.id != its.id:
                return mine, its
        return None, None

    def inside(self, one: str, group: str) -> bool:
        """Whether a step is in a group, at any depth."""
        return any(each.id == group for each in self.places[one].around)

    def failure_is_seen(self, one: str, until: Step | None) -> bool:
        """Whether the chain goes on when `one` has failed, so that steps outside of `until` may ask."""
        way = self.places[one].way
        for index in range(len(way) - 1, -1, -1):
            if way[index].on_failure == "continue" or (index and way[index - 1].either):
                return True
            if until is not None and way[index].id == until.id:
                return False
        return False


def children(step: Step) -> tuple[Step, ...]:
    """Of a group or alternatives."""
    return step.steps or step.either


def cycle(steps: Sequence[Step]) -> list[str]:
    """Steps that wait for each other, the first one again at the end; empty: none do."""
    after = {step.id: step.after for step in reversed(steps)}
    settled: set[str] = set()
    left = dict(after)
    while free := [one for one, waits in left.items() if all(w in settled or w not in after for w in waits)]:
        settled.update(free)
        for one in free:
            del left[one]
    if not left:
        return []
    trail = [next(iter(left))]
    while trail[-1] not in trail[:-1]:
        trail.append(next(one for one in left[trail[-1]] if one in left))
    return trail[trail.index(trail[-1]) :]


def _walk(steps: Sequence[Step], around: tuple[Step, ...] = ()) -> Iterator[Place]:
    for index, step in enumerate(steps):
        yield Place(step, around, index)
        yield from _walk(children(step), (*around, step))


def _all_earlier(steps: Sequence[Step], *, in_turn: bool = False) -> Iterator[tuple[str, frozenset[str]]]:
    by_id = {step.id: step for step in steps}
    for index, step in enumerate(steps):
        turn = frozenset(one.id for one in steps[:index])
        yield step.id, turn if in_turn else _closure(step, by_id)
        yield from _all_earlier(children(step), in_turn=bool(step.either))


def _closure(step: Step, by_id: dict[str, Step]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(step.after)
    while waiting:
        one = waiting.pop()
        if one in by_id and one not in found:
            found.add(one)
            waiting.extend(by_id[one].after)
    return frozenset(found - {step.id})
