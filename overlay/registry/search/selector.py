"""Which records fit a query, and how well, by numbers only. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overlay.registry.record import Presence
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.columns import (
    AWAY_AT,
    BELOW_AT,
    KM_AT,
    LATENCY_BITS,
    PRESENCES,
    presence_number,
    state_number,
)
from overlay.registry.search.places import cosine_of, km_of, point_of
from overlay.registry.search.postings import Mask, Posting, Slots, all_of, any_of
from overlay.registry.search.protocol import ANY_PRESENCE, Near
from overlay.registry.search.query import Condition, Query
from overlay.registry.search.terms import SKILL
from overlay.registry.search.versions import RELEASE

_AWAY = PRESENCES.index(Presence.INAPPLICABLE)
_LATENCY = (1 << LATENCY_BITS) - 1
_NOBODY: Slots = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Selection:
    """Who fits, in no order."""

    slots: Slots
    km: NDArray[np.float64] | None = None
    """How far each is from where somebody is wanted."""


class Selector:
    """Asks a catalogue: sets with few first, numbers last."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def select(self, query: Query, sight: Mask | None = None) -> Selection:
        """All that fit the query, but for its intent. `sight`: those that may be seen."""
        wanted = [self._catalogue.postings(condition.terms) for condition in query.conditions]
        if not all(wanted):
            return Selection(_NOBODY)
        wanted.sort(key=lambda postings: sum(len(posting) for posting in postings))
        slots = self._common(wanted, sight)
        return self._filtered(query, slots)

    def keys(self, query: Query, found: Selection) -> NDArray[np.int64]:
        """The order in which they fit, the least first: the same in every process, whatever its slots are."""
        columns, slots = self._catalogue.columns, found.slots
        keys = columns.rank[slots]
        gone = self._catalogue.silenced(slots)
        if gone is not None:
            keys = np.where(gone, keys | (_AWAY << AWAY_AT), keys)
        if query.skills and len(slots):
            exact = [self._has(skill, slots) for skill in query.skills]
            keys = keys | (~all_of(exact)).astype(np.int64) << BELOW_AT
        if found.km is not None:
            keys = keys | found.km.astype(np.int64) << KM_AT
        return keys

    def _common(self, wanted: Sequence[Sequence[Posting]], sight: Mask | None) -> Slots:
        room = self._catalogue.columns.room
        if wanted and sum(len(posting) for posting in wanted[0]) <= room // 8:
            slots = _union([posting.slots() for posting in wanted[0]])
            for postings in wanted[1:]:
                slots = slots[any_of([posting.among(slots, room) for posting in postings])]
            return slots if sight is None else slots[sight[slots]]
        mask = self._catalogue.columns.alive
        for postings in wanted:
            mask = mask & any_of([posting.mask(room) for posting in postings])
        mask = mask if sight is None else mask & sight
        return np.flatnonzero(mask).astype(np.int32)

    def _filtered(self, query: Query, slots: Slots) -> Selection:
        columns = self._catalogue.columns
        if query.presence != ANY_PRESENCE:
            slots = slots[self._present(slots) == presence_number(query.presence)]
        if query.status:
            slots = slots[columns.state[slots] == state_number(query.status)]
        if query.latency_ms is not None:
            latency = columns.rank[slots] & _LATENCY
            slots = slots[(latency <= query.latency_ms) & (latency != _LATENCY)]
        if query.versions is not None:
            version = columns.version[slots]
            fit = (version >= query.versions.low) & (version < query.versions.high)
            if not query.versions.before:
                fit &= version % 2 == RELEASE
            slots = slots[fit & ~np.isin(version, list(query.versions.never))]
        if query.near is None:
            return Selection(slots)
        cosine = self._cosines(slots, query.near)
        near = cosine >= cosine_of(query.near.within_km)
        return Selection(slots[near], km_of(cosine[near]))

    def _cosines(self, slots: Slots, near: Near) -> NDArray[np.float64]:
        points, centre = self._catalogue.columns.point, np.array(point_of(near))
        if len(slots) > self._catalogue.columns.room // 8:  # all of them, in the order of memory
            cosines: NDArray[np.float64] = (points @ centre)[slots]
        else:
            cosines = points[slots] @ centre
        return cosines

    def _present(self, slots: Slots) -> NDArray[np.uint8]:
        presence = self._catalogue.columns.presence[slots]
        gone = self._catalogue.silenced(slots)
        if gone is not None:
            presence[gone] = _AWAY
        return presence

    def _has(self, skill: str, slots: Slots) -> Mask:
        posting = self._catalogue.vocabulary.posting((SKILL, skill))
        return (
            np.zeros(len(slots), np.bool_)
            if posting is None
            else posting.among(slots, self._catalogue.columns.room)
        )


def unknown(catalogue: Catalogue, query: Query) -> Iterator[Condition]:
    """Conditions that nobody at all meets."""
    for condition in query.conditions:
        if not catalogue.holders(condition.terms).any():
            yield condition


def _union(parts: Sequence[Slots]) -> Slots:
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
