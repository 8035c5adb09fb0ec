"""Where the key cards of others come from: services' from the domain card, agents' from a directory."""

from __future__ import annotations

from typing import Protocol

import msgspec

from overlay.errors import BadInput
from overlay.naming.ids import PartyId, check_domain
from overlay.trust.bundle import TrustBundle
from overlay.trust.keycard import KeyCard
from overlay.wire.malformed import MALFORMED


class Directory(Protocol):
    """Who else there is. The registry's client is one; tests use a dict."""

    async def card(self, party: PartyId) -> KeyCard:
        """The verified key card of `party`. The endpoint has made its domain known to the trust store, and
        keeps the answer for `Settings.card_cache_s`. Raises NotFound, Unavailable.
        """

    async def bundle(self, domain: str) -> TrustBundle:
        """The roots of a domain that ours is peered with. Raises NotFound, Unavailable."""


class DomainCard(msgspec.Struct, frozen=True):
    """What a party must know of its own domain: a trusted file, or the payload of a signed statement."""

    domain: str
    roots: tuple[bytes, ...]
    """Root certificates, PEM. They are also the CA of the brokers."""
    brokers: tuple[str, ...]
    """Broker URLs, best first."""
    services: dict[str, bytes]
    """Raw key cards of `ca` and `registry`."""

    def to_bytes(self) -> bytes:
        """For a file or a statement."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> DomainCard:
        """Raises BadInput."""
        try:
            card = msgspec.msgpack.decode(data, type=cls)
        except MALFORMED as error:
            raise BadInput(f"this is no domain card: {error}. Fetch it again from the domain") from error
        check_domain(card.domain)
        return card
