"""The card of a domain: what each of its parties must know of it. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadInput
from overlay.naming.ids import check_domain
from overlay.wire.malformed import MALFORMED


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
