"""Where the key cards of others come from: services' from the domain card, agents' from a directory."""

from __future__ import annotations

from typing import Protocol

from overlay.naming.ids import PartyId
from overlay.trust.bundle import TrustBundle
from overlay.trust.keycard import KeyCard


class Directory(Protocol):
    """Who else there is. The registry's client is one; tests use a dict."""

    async def card(self, party: PartyId) -> KeyCard:
        """The verified key card of `party`. The endpoint has made its domain known to the trust store, and
        keeps the answer for `Settings.card_cache_s`. Raises NotFound, Unavailable.
        """

    async def bundle(self, domain: str) -> TrustBundle:
        """The roots of a domain that ours is peered with. Raises NotFound, Unavailable."""
