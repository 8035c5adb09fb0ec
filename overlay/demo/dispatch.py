"""Which engineer goes: by place, craft and urgency. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from overlay.demo.causes import Craft
from overlay.errors import NotFound

Place = tuple[float, float]
"""Kilometres east and north of the depot."""
_MINUTES_A_KM = 1.5
_VISIT_MINUTES = 45.0


@dataclass(frozen=True, slots=True)
class Engineer:
    """Where somebody is when they are free again."""

    name: str
    place: Place
    crafts: frozenset[Craft]
    free_at: float = 0.0
    """Minutes from now."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes, how far it is, and when they are there, in minutes from now."""

    engineer: Engineer
    km: float
    arrives: float


STAFF = (
    Engineer("Ada", (-12, 4), frozenset({Craft.CABLE, Craft.HOME})),
    Engineer("Ben", (9, -15), frozenset({Craft.CABLE})),
    Engineer("Chen", (3, 18), frozenset({Craft.NODE})),
    Engineer("Dana", (20, 6), frozenset({Craft.HOME})),
    Engineer("Eli", (-18, -11), frozenset({Craft.NODE, Craft.CABLE})),
    Engineer("Fay", (0, 0), frozenset({Craft.HOME, Craft.NODE})),
)


def best_plan(place: Place, craft: Craft, urgency: float, staff: Sequence[Engineer]) -> Plan:
    """Urgent (1.0): who is there first. Not urgent (0.0): who has the shortest way. Raises NotFound."""
    able = [_plan(engineer, place) for engineer in staff if craft in engineer.crafts]
    if not able:
        raise NotFound(f"no engineer can do {craft}")
    return min(able, key=lambda plan: (urgency * plan.arrives + (1 - urgency) * plan.km, plan.engineer.name))


def after(plan: Plan, place: Place, staff: Sequence[Engineer]) -> tuple[Engineer, ...]:
    """The staff when this visit is in the calendar."""
    gone = replace(plan.engineer, place=place, free_at=plan.arrives + _VISIT_MINUTES)
    return tuple(gone if engineer.name == gone.name else engineer for engineer in staff)


def _plan(engineer: Engineer, place: Place) -> Plan:
    km = math.dist(engineer.place, place)
    return Plan(engineer, km, engineer.free_at + km * _MINUTES_A_KM)
