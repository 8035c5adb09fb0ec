"""All terms of all records: a number for each, and who has it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from overlay.registry.search.postings import Posting
from overlay.registry.search.terms import Term

_NONE: dict[str, int] = {}


class Vocabulary:
    """One slot alone, as of every ID, is kept as its number. A term that nobody has any more is forgotten."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}
        self._names: list[Term] = []
        self._holders: list[int | Posting] = []
        self._free: list[int] = []

    def values(self, field: str) -> Iterator[str]:
        """The terms of a field."""
        return iter(self._numbers.get(field, _NONE))

    def add(self, term: Term, slot: int, room: int) -> int:
        """This slot has it, and did not have it yet. Returns the number of the term."""
        field, value = term
        number = self._numbers.setdefault(field, {}).get(value)
        if number is None:
            return self._new(term, slot)
        known = self._holders[number]
        if not isinstance(known, Posting):
            posting = Posting()
            posting.add(known, room)
            known = self._holders[number] = posting
        known.add(slot, room)
        return number

    def number(self, term: Term) -> int | None:
        """None: nobody has it."""
        return self._numbers.get(term[0], _NONE).get(term[1])

    def discard(self, number: int, slot: int) -> None:
        """This slot has it no more."""
        known = self._holders[number]
        if isinstance(known, Posting):
            known.discard(slot)
            if len(known):
                return
        field, value = self._names[number]
        del self._numbers[field][value]
        self._names[number] = ("", "")
        self._holders[number] = 0
        self._free.append(number)

    def posting(self, term: Term) -> Posting | None:
        """Who has it; None: nobody."""
        number = self.number(term)
        if number is None:
            return None
        known = self._holders[number]
        return known if isinstance(known, Posting) else alone(known)

    def _new(self, term: Term, slot: int) -> int:
        if self._free:
            number = self._free.pop()
            self._names[number], self._holders[number] = term, slot
        else:
            number = len(self._names)
            self._names.append(term)
            self._holders.append(slot)
        self._numbers[term[0]][term[1]] = number
        return number


def alone(slot: int) -> Posting:
    """One slot."""
    posting = Posting()
    posting.add(slot, 0)
    return posting
