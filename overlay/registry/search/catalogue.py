"""All records that can be found, ours and peers', and which of them a query means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from overlay.naming.ids import PartyId
from overlay.registry.record import Presence, Record
from overlay.registry.search.columns import (
    AWAY_AT,
    BELOW_AT,
    KM_AT,
    LATENCY_BITS,
    PRESENCES,
    Columns,
    presence_number,
    state_number,
)
from overlay.registry.search.places import cosine_of, km_of, point_of
from overlay.registry.search.postings import Mask, Posting, Slots, Vocabulary
from overlay.registry.search.protocol import ANY_PRESENCE, Near
from overlay.registry.search.query import Condition, Query
from overlay.registry.search.terms import PARTY, SKILL, Term, terms_of

_AWAY = PRESENCES.index(Presence.INAPPLICABLE)
_LATENCY = (1 << LATENCY_BITS) - 1
_NOBODY: Slots = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Selection:
    """Who fits, in no order."""

    slots: Slots
    km: NDArray[np.float64] | None = None
    """How far each is from where somebody is wanted."""


class Catalogue:
    """Takes records one by one; a query looks at sets of slots, and at no record by itself."""

    def __init__(self) -> None:
        self._records: list[Record | None] = []
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._fields: dict[str, Vocabulary] = {}
        self._domains: dict[str, int] = {}
        self._silent: Mask = np.zeros(0, np.bool_)
        self.columns = Columns()

    def __len__(self) -> int:
        return len(self._slots)

    def get(self, party: str) -> Record | None:
        """As it is now: `inapplicable` where its domain is silent."""
        slot = self._slots.get(party)
        return None if slot is None else self.record(slot)

    def record(self, slot: int) -> Record:
        """The same for a slot of a selection."""
        record = self._records[slot]
        assert record is not None
        if self._silent[self.columns.domain[slot]]:
            return msgspec.structs.replace(record, presence=Presence.INAPPLICABLE)
        return record

    def put(self, record: Record) -> None:
        """Add, or put in place of the party's former one."""
        slot = self._slots.get(record.party)
        old = None if slot is None else self._records[slot]
        if slot is None or old is None:
            slot = self._slots[record.party] = self._new_slot()
            self._change(slot, (), terms_of(record))
        elif (old.profile, old.organisation, old.verified, old.resource_id) != (
            record.profile,
            record.organisation,
            record.verified,
            record.resource_id,
        ):
            self._change(slot, terms_of(old), terms_of(record))
        self._records[slot] = record
        self.columns.put(slot, record, self._domain(PartyId.parse(record.party).domain))

    def drop(self, party: str) -> None:
        """Remove, if it is there."""
        slot = self._slots.pop(party, None)
        record = None if slot is None else self._records[slot]
        if slot is None or record is None:
            return
        self._change(slot, terms_of(record), ())
        self.columns.drop(slot)
        self._records[slot] = None
        self._free.append(slot)

    def silence(self, domain: str, *, silent: bool) -> None:
        """Whether the agents of a peer are inapplicable now (GW-5)."""
        number = self._domain(domain)
        self._silent[number] = silent

    def vocabulary(self, field: str) -> Vocabulary:
        """The terms of a field."""
        return self._fields.get(field, _NO_TERMS)

    def slot(self, party: str) -> int | None:
        """Where it is."""
        return self._slots.get(party)

    def holders(self, terms: Iterable[Term]) -> Mask:
        """Who has one of these; not to be written to."""
        found = [posting.mask(self.columns.room) for posting in self._postings(terms)]
        return _any(found) if found else np.zeros(self.columns.room, np.bool_)

    def select(self, query: Query, sight: Mask | None = None) -> Selection:
        """All that fit the query, but for its intent. `sight`: those that may be seen."""
        wanted = [self._postings(condition.terms) for condition in query.conditions]
        if not all(wanted):
            return Selection(_NOBODY)
        wanted.sort(key=lambda postings: sum(len(posting) for posting in postings))
        slots = self._common(wanted, sight)
        return self._filtered(query, slots)

    def keys(self, query: Query, found: Selection) -> NDArray[np.int64]:
        """The order in which they fit, the least first: the same in every process, whatever its slots are."""
        columns, slots = self.columns, found.slots
        keys = columns.rank[slots]
        if self._silent.any():
            gone = self._silent[columns.domain[slots]]
            keys = np.where(gone, keys | (_AWAY << AWAY_AT), keys)
        if query.skills and len(slots):
            exact = [self._has(skill, slots) for skill in query.skills]
            keys = keys | (~_all(exact)).astype(np.int64) << BELOW_AT
        if found.km is not None:
            keys = keys | found.km.astype(np.int64) << KM_AT
        return keys

    def _common(self, wanted: Sequence[Sequence[Posting]], sight: Mask | None) -> Slots:
        room = self.columns.room
        if wanted and sum(len(posting) for posting in wanted[0]) <= room // 8:
            slots = _union([posting.slots() for posting in wanted[0]])
            for postings in wanted[1:]:
                slots = slots[_any([posting.among(slots, room) for posting in postings])]
            return slots if sight is None else slots[sight[slots]]
        mask = self.columns.alive
        for postings in wanted:
            mask = mask & _any([posting.mask(room) for posting in postings])
        mask = mask if sight is None else mask & sight
        return np.flatnonzero(mask).astype(np.int32)

    def _filtered(self, query: Query, slots: Slots) -> Selection:
        columns = self.columns
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
            slots = slots[fit & ~np.isin(version, list(query.versions.never))]
        if query.near is None:
            return Selection(slots)
        cosine = self._cosines(slots, query.near)
        near = cosine >= cosine_of(query.near.within_km)
        return Selection(slots[near], km_of(cosine[near]))

    def _cosines(self, slots: Slots, near: Near) -> NDArray[np.float64]:
        points, centre = self.columns.point, np.array(point_of(near))
        if len(slots) > self.columns.room // 8:  # all of them, in the order of memory
            cosines: NDArray[np.float64] = (points @ centre)[slots]
        else:
            cosines = points[slots] @ centre
        return cosines

    def _present(self, slots: Slots) -> NDArray[np.uint8]:
        presence = self.columns.presence[slots]
        if self._silent.any():
            presence[self._silent[self.columns.domain[slots]]] = _AWAY
        return presence

    def _has(self, skill: str, slots: Slots) -> Mask:
        posting = self.vocabulary(SKILL).posting(skill)
        return np.zeros(len(slots), np.bool_) if posting is None else posting.among(slots, self.columns.room)

    def _postings(self, terms: Iterable[Term]) -> list[Posting]:
        found: list[Posting] = []
        for field, value in terms:
            posting = self._party(value) if field == PARTY else self.vocabulary(field).posting(value)
            if posting is not None:
                found.append(posting)
        return found

    def _party(self, party: str) -> Posting | None:
        slot = self._slots.get(party)
        if slot is None:
            return None
        posting = Posting()
        posting.add(slot, self.columns.room)
        return posting

    def _change(self, slot: int, old: Iterable[Term], new: Iterable[Term]) -> None:
        before, now = dict.fromkeys(old), dict.fromkeys(new)
        for field, value in before:
            if (field, value) not in now:
                self._fields[field].discard(value, slot)
        for field, value in now:
            if (field, value) not in before:
                self._fields.setdefault(field, Vocabulary()).add(value, slot, self.columns.room)

    def _new_slot(self) -> int:
        if self._free:
            return self._free.pop()
        self._records.append(None)
        if len(self._records) > self.columns.room:
            self.columns.grow()
        return len(self._records) - 1

    def _domain(self, domain: str) -> int:
        number = self._domains.setdefault(domain, len(self._domains))
        if number >= len(self._silent):
            self._silent = np.concatenate((self._silent, np.zeros(number + 1, np.bool_)))
        return number


def unknown(catalogue: Catalogue, query: Query) -> Iterator[Condition]:
    """Conditions that nobody at all meets."""
    for condition in query.conditions:
        if not catalogue.holders(condition.terms).any():
            yield condition


def _any(masks: Sequence[Mask]) -> Mask:
    found = masks[0]
    for mask in masks[1:]:
        found = found | mask
    return found


def _all(masks: Sequence[Mask]) -> Mask:
    found = masks[0]
    for mask in masks[1:]:
        found = found & mask
    return found


def _union(parts: Sequence[Slots]) -> Slots:
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


_NO_TERMS = Vocabulary()
