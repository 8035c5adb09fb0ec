"""One page of an answer: what its asker may see, as much as fits. Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from overlay.policy.caller import Caller
from overlay.registry.record import Record
from overlay.registry.registration import consent
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.explaining import why
from overlay.registry.search.fits import fits
from overlay.registry.search.protocol import Match
from overlay.registry.search.query import Query
from overlay.settings import Settings

_ENTRY_BYTES = 400
"""Of a match, beside profile and card."""
_CARD_BYTES = 2500


class Page:
    """Takes candidates, the best first, until it is full."""

    def __init__(
        self,
        query: Query,
        asker: Caller,
        catalogue: Catalogue,
        settings: Settings,
        now: float,
        known_up_to: Callable[[str], int],
        *,
        cards: bool,
    ) -> None:
        self.matches: list[Match] = []
        self.guarded = 0
        """How many of them are of agents that not everybody sees whole."""
        self._query = query
        self._asker = asker
        self._catalogue = catalogue
        self._now = now
        self._known_up_to = known_up_to
        self._cards = cards
        self._scan = settings.find_scan
        self._room = settings.registry_page_bytes

    def full_for(self, slot: int) -> bool:
        """Whether this one has to wait for the next page."""
        if len(self.matches) >= self._query.limit or not self._scan:
            return True
        return bool(self.matches) and self._bytes(slot) > self._room

    @property
    def spent(self) -> bool:
        """Whether so many were looked at that the next page has to go on."""
        return not self._scan

    def hides(self, slot: int) -> bool:
        """Whether this one, for which there is no room, is in no page either: that there are more must not
        tell of those that this asker may not see.
        """
        guarded = bool(self._catalogue.columns.guarded[slot])
        if self.spent or not (guarded or self._query.proved):
            return False
        self._scan -= 1
        return self._shown(slot, guarded=guarded) is None

    def take(self, slot: int, score: float | None = None, need: int = 0) -> bool:
        """Whether it is in the page now; else its asker may not see it, or not that it fits."""
        self._scan -= 1
        guarded = bool(self._catalogue.columns.guarded[slot])
        shown = self._shown(slot, guarded=guarded)
        if shown is None:
            return False
        self._room -= self._bytes(slot)
        self.guarded += guarded
        self.matches.append(self._match(shown, score, need))
        return True

    def _shown(self, slot: int, *, guarded: bool) -> Record | None:
        record = self._catalogue.record(slot)
        shown = None if record is None else consent.visible(record, self._asker.party)
        if shown is None or ((guarded or self._query.proved) and not fits(self._query, shown, self._now)):
            return None
        return shown

    def _match(self, shown: Record, score: float | None, need: int) -> Match:
        return Match(
            record=shown if self._cards else msgspec.structs.replace(shown, card=b""),
            why=why(self._query, shown, score),
            score=1.0 if score is None else score,
            need=need,
            heard_at=shown.heard_at,
            as_of=self._known_up_to(shown.party.partition("@")[2]) if shown.gateway else 0,
        )

    def _bytes(self, slot: int) -> int:
        size = int(self._catalogue.columns.size[slot]) + _ENTRY_BYTES
        return size + _CARD_BYTES if self._cards else size
