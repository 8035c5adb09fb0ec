"""The CA's own directory: it needs none, since whoever asks it shows a key card."""

from __future__ import annotations

from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.trust.bundle import TrustBundle
from overlay.trust.keycard import KeyCard


class NoDirectory:
    """Knows nobody."""

    async def card(self, party: PartyId) -> KeyCard:
        """Raises NotFound."""
        raise NotFound(f"the CA keeps no key cards, and {party} showed none")

    async def bundle(self, domain: str) -> TrustBundle:
        """Raises NotFound."""
        raise NotFound(f"the CA serves its own domain only, not {domain}")
