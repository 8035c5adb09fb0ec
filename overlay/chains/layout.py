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
    orders: dict[str, list[Step]] = field(default_factory=dict)
    """The steps of each group, each after those that it waits for; '': of the chain."""
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
        layout.orders[""] = in_order(chain.steps)
        for place in layout.places.values():
            if place.step.steps:
                layout.orders[place.step.id] = in_order(place.step.steps)
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


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Each after those that it waits for; without those that wait for each other."""
    known = {step.id: step for step in reversed(steps)}
    waits = {name: set(step.after) & known.keys() for name, step in known.items()}
    wakes: dict[str, list[str]] = {name: [] for name in known}
    for name, others in waits.items():
        for one in others:
            wakes[one].append(name)
    free = [step.id for step in steps if not waits[step.id]]
    ordered = list(dict.fromkeys(free))
    for name in ordered:
        for one in wakes[name]:
            waits[one].discard(name)
            if not waits[one]:
                ordered.append(one)
    return [known[name] for name in ordered]


def cycle(steps: Sequence[Step]) -> list[str]:
    """Steps that wait for each other, the first one again at the end; empty: none do."""
    settled = {step.id for step in in_order(steps)}
    left = {step.id: step.after for step in reversed(steps) if step.id not in settled}
    if not left:
        return []
    trail = [min(left)]
    while trail[-1] not in trail[:-1]:
        trail.append(next(one for one in left[trail[-1]] if one in left))
    return trail[trail.index(trail[-1]) :]


def _walk(steps: Sequence[Step], around: tuple[Step, ...] = ()) -> Iterator[Place]:
    for index, step in enumerate(steps):
        yield Place(step, around, index)
        yield from _walk(children(step), (*around, step))


def _all_earlier(steps: Sequence[Step], *, in_turn: bool = False) -> Iterator[tuple[str, frozenset[str]]]:
    known: dict[str, frozenset[str]] = {}
    if in_turn:
        known = {step.id: frozenset(one.id for one in steps[:index]) for index, step in enumerate(steps)}
    else:
        for step in in_order(steps):
            beside = [one for one in step.after if one in known]
            known[step.id] = frozenset(beside).union(*(known[one] for one in beside))
    yield from known.items()
    for step in steps:
        yield from _all_earlier(children(step), in_turn=bool(step.either))
