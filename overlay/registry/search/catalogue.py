"""All records that can be found, ours and peers', and which of them a query means. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from overlay.naming.ids import PartyId
from overlay.registry.record import Presence, Record
from overlay.registry.search.columns import (
    Columns,
)
from overlay.registry.search.postings import Mask, Posting, Slots, Vocabulary, all_of, any_of
from overlay.registry.search.sight import Sight
from overlay.registry.search.sight_rule import SightRule
from overlay.registry.search.terms import PARTY, Term, terms_of


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

    def silenced(self, slots: Slots) -> Mask | None:
        """Which of these are inapplicable now; None: nobody is."""
        return self._silent[self.columns.domain[slots]] if self._silent.any() else None

    def vocabulary(self, field: str) -> Vocabulary:
        """The terms of a field."""
        return self._fields.get(field, _NO_TERMS)

    def slot(self, party: str) -> int | None:
        """Where it is."""
        return self._slots.get(party)

    def holders(self, terms: Iterable[Term]) -> Mask:
        """Who has one of these; not to be written to."""
        found = [posting.mask(self.columns.room) for posting in self.postings(terms)]
        return any_of(found) if found else np.zeros(self.columns.room, np.bool_)

    def seen(self, sight: Sight, asker: str) -> Mask | None:
        """Whom the operator lets this asker see; None: everybody."""
        if sight.clear:
            return None
        mask = self.columns.alive if sight.everybody else self._meant(sight.shown)
        mask = mask & ~self._meant(sight.hidden)
        slot = self._slots.get(asker)
        if slot is not None:
            mask[slot] = True
        return mask

    def _meant(self, rules: Sequence[SightRule]) -> Mask:
        mask = np.zeros(self.columns.room, np.bool_)
        for rule in rules:
            mask |= all_of([self.columns.alive, *(self.holders(terms) for terms in rule.terms)])
        return mask

    def postings(self, terms: Iterable[Term]) -> list[Posting]:
        """Who has each of these, of those that anybody has."""
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


_NO_TERMS = Vocabulary()
