"""The card of a domain: what each of its parties must know of it; news of it are signed by its CA. Pure."""

from __future__ import annotations

import msgspec

from overlay.clock import DAY_S
from overlay.errors import BadInput
from overlay.naming.ids import CA, check_domain
from overlay.naming.inside import Inside
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.bundle_news import check_epoch
from overlay.trust.credentials import Credentials, roots_from_pem
from overlay.trust.keycard import make_card
from overlay.trust.signed import make_signed, open_from
from overlay.wire.malformed import MALFORMED

KIND = "domain.card"


class DomainCard(msgspec.Struct, frozen=True):
    """What a party must know of its own domain: a trusted file, or the payload of a signed statement."""

    domain: str
    roots: tuple[bytes, ...]
    """Root certificates, PEM; the first one issues. They are also the CA of the brokers."""
    brokers: tuple[str, ...]
    """Broker URLs, best first."""
    services: dict[str, bytes]
    """Raw key cards of `ca` and `registry`."""
    epoch: int = 0
    """Rises with every change: never go back to a lower one. See `check_epoch`."""
    inside: Inside = Inside.DIRECT
    """How messages between the domain's agents go (GW-11)."""

    @property
    def bundle(self) -> TrustBundle:
        """The roots. Raises BadInput, BadCertificate."""
        return TrustBundle(self.domain, roots_from_pem(b"".join(self.roots)))

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


def service_card(service: Credentials, settings: Settings, now: float) -> bytes:
    """The key card of a service for the card of its domain, good for as long as a certificate of its is."""
    return make_card(service, now, settings.service_certificate_days * DAY_S)


def sign_domain_card(card: DomainCard, ca: Credentials) -> bytes:
    """The CA's statement of what its domain is now."""
    return make_signed(KIND, card.to_bytes(), ca)


def open_domain_card(statement: bytes, trust: TrustStore, now: float) -> DomainCard:
    """The card in a statement of our own domain's CA, which one of the roots that are trusted now proves.

    Raises Untrusted: by somebody else, of another domain, or with none of the roots that are trusted now.
    Whether it is newer than what is known, its `epoch` says.
    """
    card = DomainCard.from_bytes(open_from(CA, KIND, statement, trust, now))
    card.bundle.check_follows(trust.bundle(trust.own))
    check_epoch(card.epoch, now + trust.skew_s)
    return card
