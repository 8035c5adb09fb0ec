"""How far it is from one place on earth to another. Pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from overlay.registry.record import Place
from overlay.registry.search.protocol import Near

EARTH_KM = 6371.0088
Point = tuple[float, float, float]
"""On a globe of radius 1: distances between such are a few multiplications."""
NOWHERE: Point = (math.nan, math.nan, math.nan)
"""No distance to it is below any other."""


def point_of(place: Place | Near | None) -> Point:
    """Where it is."""
    if place is None:
        return NOWHERE
    latitude, longitude = math.radians(place.latitude), math.radians(place.longitude)
    around = math.cos(latitude)
    return around * math.cos(longitude), around * math.sin(longitude), math.sin(latitude)


def km_between(one: Point, other: Point) -> float:
    """Along the surface, to the decimetre; not a number where a place is not known."""
    return float(km_of(np.array([one]) @ np.array(other))[0])


def cosine_of(km: float) -> float:
    """Whoever is nearer has a higher one."""
    return math.cos(km / EARTH_KM)


def km_of(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far two points are, whose product is so much."""
    km: NDArray[np.float64] = EARTH_KM * np.arccos(np.minimum(cosines, 1.0))
    return km
