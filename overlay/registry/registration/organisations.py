"""How many entries each organisation has, by the word of their certificates. Pure."""

from __future__ import annotations

from collections import Counter

from overlay.errors import Refused


class Organisations:
    """Counts; agents whose certificates name no organisation are the domain's own, and are not counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._of: dict[str, str] = {}
        self._count: Counter[str] = Counter()

    def put(self, party: str, organisation: str) -> None:
        """It has an entry."""
        self.drop(party)
        if organisation:
            self._of[party] = organisation
            self._count[organisation] += 1

    def drop(self, party: str) -> None:
        """It has none any more."""
        organisation = self._of.pop(party, "")
        if organisation:
            self._count[organisation] -= 1
            if not self._count[organisation]:
                del self._count[organisation]

    def check_room(self, party: str, organisation: str) -> None:
        """Raises Refused when one more would be too many."""
        if not organisation or self._of.get(party) == organisation:
            return
        if self._count[organisation] >= self._limit:
            raise Refused(
                f"organisation: {organisation!r} has {self._count[organisation]} entries, and may have "
                f"{self._limit} (registry_per_organisation): take away one that is not needed, or ask the "
                "operator of this domain"
            )
