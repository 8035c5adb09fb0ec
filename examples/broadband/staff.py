"""Engineers: who goes, by place, craft and urgency, and a calendar in which nobody is booked twice."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from examples.broadband.plant import Plant
from overlay.errors import NotFound

Place = tuple[float, float]
"""Kilometres east and north of the depot."""
_CALENDAR = "calendar"
_MINUTES_A_KM = 1.5
VISIT_MINUTES = 45.0

CABLE, HOME, NODE = "cable", "home installation", "access node"


class Engineer(msgspec.Struct, frozen=True):
    """Where somebody is when they are free again, in minutes from now."""

    name: str
    place: Place
    crafts: tuple[str, ...]
    free_at: float = 0.0


class Visit(msgspec.Struct, frozen=True):
    """Who goes, how far it is, and when they are there, in minutes from now."""

    engineer: str
    km: float
    arrives: float


STAFF = (
    Engineer("Ada", (-12, 4), (CABLE, HOME)),
    Engineer("Ben", (9, -15), (CABLE,)),
    Engineer("Chen", (3, 18), (NODE,)),
    Engineer("Dana", (20, 6), (HOME,)),
    Engineer("Eli", (-18, -11), (NODE, CABLE)),
    Engineer("Fay", (0, 0), (HOME, NODE)),
)


def best_visit(place: Place, craft: str, urgency: float, staff: Mapping[str, Engineer]) -> Visit:
    """Urgent (1.0): who is there first. Not urgent (0.0): who has the shortest way. Raises NotFound."""
    able = [_visit(engineer, place) for engineer in staff.values() if craft in engineer.crafts]
    if not able:
        raise NotFound(f"no engineer can do {craft!r}")
    return min(able, key=lambda visit: (urgency * visit.arrives + (1 - urgency) * visit.km, visit.engineer))


def _visit(engineer: Engineer, place: Place) -> Visit:
    km = math.dist(engineer.place, place)
    return Visit(engineer.name, round(km, 1), round(engineer.free_at + km * _MINUTES_A_KM, 1))


def book(plant: Plant, key: str, case: str, place: Place, craft: str, urgency: float) -> Visit:
    """The best visit, put into the calendar; under the same key again, the same one. Raises NotFound."""
    with plant.change() as change:
        made = change.happened(key)
        if made is not None:
            return msgspec.json.decode(made, type=Visit)
        staff = {engineer.name: engineer for engineer in STAFF}
        staff |= msgspec.convert(change.get(_CALENDAR), dict[str, Engineer])
        visit = best_visit(place, craft, urgency, staff)
        gone = msgspec.structs.replace(
            staff[visit.engineer], place=place, free_at=visit.arrives + VISIT_MINUTES
        )
        change.put(_CALENDAR, msgspec.to_builtins(staff | {gone.name: gone}))
        change.note(key, "booked", case, msgspec.json.encode(visit).decode())
    return visit
