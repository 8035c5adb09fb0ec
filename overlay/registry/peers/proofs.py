"""Key cards of peers' agents that were proved lately: most news of an agent are none of its card. Pure."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card


class Proofs:
    """Of one peer. Whatever changes what its store believes (roots, revocations) ends them all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._store: TrustStore | None = None
        self._version = 0
        self._known: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()

    def identity(self, card: bytes, store: TrustStore, now: float) -> Identity:
        """Whom a card proves. Raises BadEnvelope, BadSignature, BadCertificate, Expired."""
        if store is not self._store or store.version != self._version:
            self._known.clear()
            self._store, self._version = store, store.version
        named = hashlib.sha256(card).digest()
        known = self._known.get(named)
        if known is not None and now <= known[1]:
            self._known.move_to_end(named)
            return known[0]
        opened = open_card(card, store, now)
        self._known[named] = opened.identity, min(opened.not_after, opened.identity.not_after)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
        return opened.identity
