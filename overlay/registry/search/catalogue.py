"""All records that can be found, ours and peers', and which of them a query means. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np

from overlay.naming.ids import PartyId
from overlay.registry.record import Record
from overlay.registry.search.columns import Columns
from overlay.registry.search.discovery_policy import Sight
from overlay.registry.search.discovery_rule import DiscoveryRule
from overlay.registry.search.postings import Mask, Posting, Slots, all_of, any_of
from overlay.registry.search.terms import PARTY, Term, terms_of
from overlay.registry.search.vocabulary import Vocabulary, alone

_encode = msgspec.msgpack.Encoder().encode


class Catalogue:
    """Takes records one by one, and keeps of each its terms and its numbers; the record itself lies
    elsewhere, encoded.
    """

    def __init__(self, read: Callable[[str], Record | None]) -> None:
        """`read`: the record of a party as it is now."""
        self.read = read
        self._parties: list[str] = []
        self._terms: list[bytes] = []
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self.vocabulary = Vocabulary()
        self._domains: dict[str, int] = {}
        self._silent: Mask = np.zeros(0, np.bool_)
        self.columns = Columns()

    def __len__(self) -> int:
        return len(self._slots)

    def record(self, slot: int) -> Record | None:
        """What a slot of a selection stands for."""
        return self.read(self._parties[slot])

    def party(self, slot: int) -> str:
        """Who that is."""
        return self._parties[slot]

    def put(self, record: Record) -> bool:
        """Add, or put in place of the party's former one. Whether it says anything else than before; where it
        is only there or away, ready or not, little has to be done.
        """
        said = _encode((record.profile, record.organisation, record.verified, record.resource_id))
        slot = self._slots.get(record.party)
        if slot is not None and self.columns.said[slot] == hash(said):
            self.columns.move(slot, record)
            return False
        if slot is None:
            slot = self._slots[record.party] = self._new_slot()
            self._parties[slot] = record.party
            self.columns.row[slot] = -1
        self._change(slot, dict.fromkeys(terms_of(record)))
        self.columns.put(slot, record, self._domain(PartyId.parse(record.party).domain))
        self.columns.said[slot] = hash(said)
        return True

    def drop(self, party: str) -> None:
        """Remove, if it is there."""
        slot = self._slots.pop(party, None)
        if slot is None:
            return
        self._change(slot, ())
        self.columns.drop(slot)
        self._parties[slot] = ""
        self._free.append(slot)

    def place(self, party: str, row: int) -> None:
        """In which row of the semantic index it is; -1: in none."""
        slot = self._slots.get(party)
        if slot is not None:
            self.columns.row[slot] = row

    def silence(self, domain: str, *, silent: bool) -> None:
        """Whether the agents of a peer are inapplicable now (GW-5)."""
        number = self._domain(domain)
        self._silent[number] = silent

    def silenced(self, slots: Slots) -> Mask | None:
        """Which of these are inapplicable now; None: nobody is."""
        return self._silent[self.columns.domain[slots]] if self._silent.any() else None

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

    def _meant(self, rules: Sequence[DiscoveryRule]) -> Mask:
        mask = np.zeros(self.columns.room, np.bool_)
        for rule in rules:
            mask |= all_of([self.columns.alive, *(self.holders(terms) for terms in rule.terms)])
        return mask

    def postings(self, terms: Iterable[Term]) -> list[Posting]:
        """Who has each of these, of those that anybody has."""
        found = (
            self._party(term[1]) if term[0] == PARTY else self.vocabulary.posting(term) for term in terms
        )
        return [posting for posting in found if posting is not None]

    def _party(self, party: str) -> Posting | None:
        slot = self._slots.get(party)
        return None if slot is None else alone(slot)

    def _change(self, slot: int, terms: Iterable[Term]) -> None:
        old = set(np.frombuffer(self._terms[slot], np.int32).tolist())
        kept = array("i")
        for term in terms:
            number = self.vocabulary.number(term)
            if number is None or number not in old:
                number = self.vocabulary.add(term, slot, self.columns.room)
            else:
                old.discard(number)
            kept.append(number)
        for number in old:
            self.vocabulary.discard(number, slot)
        self._terms[slot] = kept.tobytes()

    def _new_slot(self) -> int:
        if self._free:
            return self._free.pop()
        self._parties.append("")
        self._terms.append(b"")
        if len(self._parties) > self.columns.room:
            self.columns.grow()
        return len(self._parties) - 1

    def _domain(self, domain: str) -> int:
        number = self._domains.setdefault(domain, len(self._domains))
        if number >= len(self._silent):
            self._silent = np.concatenate((self._silent, np.zeros(number + 1, np.bool_)))
        return number
