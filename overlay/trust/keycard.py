"""Key cards: to which key messages for a party are sealed, signed by the party itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from cryptography import x509

from overlay.clock import DAY_S
from overlay.errors import BadCertificate, BadEnvelope, BadInput, Expired
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import SENDERS, Identity, Role
from overlay.trust.keys import SealingKey, sealing_key_id
from overlay.trust.signed import make_signed, open_with_certificate, unverified_payload, unverified_signer
from overlay.wire.malformed import MALFORMED

__all__ = ["CARD_LIFETIME_S", "KeyCard", "SealingKey", "make_card", "open_card", "party_of_card"]

KIND = "key-card"
CARD_LIFETIME_S = 7 * DAY_S
_SEALING_BYTES = 32


class _Wire(msgspec.Struct, array_like=True, frozen=True):
    party: str
    sealing_public: bytes
    made_ms: int
    not_after_ms: int


@dataclass(frozen=True, slots=True)
class KeyCard:
    """A card that was opened: its signature and certificate were good at that time."""

    identity: Identity
    certificate: x509.Certificate
    sealing_public: bytes
    key_id: bytes
    """Of the sealing key, see `keys.sealing_key_id`."""
    made: float
    """Of two cards of one party the later one counts. Seconds since 1970."""
    not_after: float
    raw: bytes
    name: str
    """The party as `name@domain`, ready for headers."""


def make_card(credentials: Credentials, now: float, lifetime_s: float = CARD_LIFETIME_S) -> bytes:
    """The card of these credentials' newest sealing key; it ends with the certificate at the latest.

    Raises BadInput when there is no sealing key.
    """
    if not credentials.sealing:
        raise BadInput(f"{credentials.party} has no sealing key to put on a card")
    end = min(now + lifetime_s, credentials.identity.not_after)
    public = credentials.sealing[0].public
    wire = _Wire(str(credentials.party), public, int(now * 1000), int(end * 1000))
    return make_signed(KIND, msgspec.msgpack.encode(wire), credentials)


def open_card(raw: bytes, store: TrustStore, now: float) -> KeyCard:
    """Raises BadEnvelope, BadSignature, BadCertificate, Expired."""
    identity, certificate, payload = open_with_certificate(KIND, raw, store, now)
    wire = _decode(payload)
    if wire.party != str(identity.party):
        raise BadCertificate(f"{identity.party} signed a key card for {wire.party}")
    if identity.role not in SENDERS and identity.role is not Role.JOIN:
        raise BadCertificate(f"a {identity.role} has no key card: it takes no part in messages")
    if now > wire.not_after_ms / 1000 + store.skew_s:
        raise Expired(f"the key card of {wire.party} is too old: fetch a new one")
    key_id = sealing_key_id(wire.sealing_public)
    made, end = min(wire.made_ms / 1000, now), wire.not_after_ms / 1000
    return KeyCard(identity, certificate, wire.sealing_public, key_id, made, end, raw, wire.party)


def party_of_card(raw: bytes) -> str:
    """Whose card it says to be, proved by nothing. Raises BadEnvelope, BadSignature."""
    return _decode(unverified_payload(KIND, raw)).party


def holder_of_card(raw: bytes) -> Identity:
    """By the certificate in a card that was proved when it came; it may have ended since.

    Raises BadEnvelope, BadSignature, BadCertificate.
    """
    return unverified_signer(KIND, raw)


def _decode(payload: bytes) -> _Wire:
    try:
        wire = msgspec.msgpack.decode(payload, type=_Wire)
    except MALFORMED as error:
        raise BadEnvelope(f"this is no key card: {error}") from error
    if len(wire.sealing_public) != _SEALING_BYTES:
        raise BadEnvelope(f"the sealing key on a key card has {_SEALING_BYTES} bytes")
    if not 0 < wire.made_ms <= wire.not_after_ms < 1 << 53:
        raise BadEnvelope("the times on a key card are out of range")
    return wire
