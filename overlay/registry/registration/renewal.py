"""When a record's key card should be replaced. Pure."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.errors import Untrusted
from overlay.registry.record import Record
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card


class Renewal:
    """Reads each card once, and remembers when it is half through and when its certificate ends."""

    def __init__(self, trust: TrustStore, clock: Clock) -> None:
        self._trust = trust
        self._clock = clock
        self._known: dict[str, tuple[int, float, float]] = {}

    def due(self, record: Record, sender: Identity) -> bool:
        """Whether the card is past half its life, or of an earlier certificate than its owner's (CA-5)."""
        known, read = self._known.get(record.party), hash(record.card)
        if known is None or known[0] != read:
            try:
                card = open_card(record.card, self._trust, self._clock())
            except Untrusted:
                return True
            known = (read, (card.made + card.not_after) / 2, card.identity.not_after)
            self._known[record.party] = known
        _, half, certificate_ends = known
        return self._clock() > half or sender.not_after > certificate_ends

    def forget(self, party: str) -> None:
        """Its record is gone."""
        self._known.pop(party, None)
