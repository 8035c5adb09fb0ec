"""The registry's own directory: it knows by itself."""

from __future__ import annotations

from overlay.naming.ids import PartyId
from overlay.registry.peers.protocol import AskBundle
from overlay.registry.registry import Registry
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.keycard import KeyCard, open_card


class OwnDirectory:
    """Answers from the registry in the same process."""

    def __init__(self, registry: Registry, trust: TrustStore) -> None:
        self._registry = registry
        self._trust = trust

    async def card(self, party: PartyId) -> KeyCard:
        """Raises NotFound, Untrusted."""
        return open_card(self._registry.resolve(party).card, self._trust, self._registry.clock())

    async def bundle(self, domain: str) -> TrustBundle:
        """Raises NotFound."""
        return TrustBundle.from_bytes(self._registry.bundle(AskBundle(domain)).bundle)
