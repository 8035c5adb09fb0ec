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
    """Along the surface; not a number where a place is not known."""
    chord = math.dist(one, other)
    return math.nan if math.isnan(chord) else 2 * EARTH_KM * math.asin(min(chord / 2, 1.0))


def km_from(points: NDArray[np.float64], centre: Point) -> NDArray[np.float64]:
    """The same for each row of `points`."""
    chord = np.sqrt(np.square(points - np.asarray(centre)).sum(axis=1))
    km: NDArray[np.float64] = 2 * EARTH_KM * np.arcsin(np.minimum(chord / 2, 1.0))
    return km
