"""Signed statements: who says it, and what kind of thing; the bytes are checked before they are read. Pure.

The signature covers the kind, the signer's certificate and the payload, so that a statement of one kind is
never taken for another.
"""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache

import msgspec
from cryptography import x509

from overlay.errors import BadCertificate, BadEnvelope, BadInput, BadSignature
from overlay.naming.ids import PartyId
from overlay.trust import profile
from overlay.trust.bundle import TrustStore, load_certificate
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Identity, Role, identity_of
from overlay.trust.keys import verify
from overlay.wire.malformed import MALFORMED

_PREFIX = b"agent-overlay/signed/v1\x00"
_LENGTH = struct.Struct(">I")
_SHORT = 4096
"""Bytes of a statement that may come again, as key cards do."""


class _Wire(msgspec.Struct, array_like=True, frozen=True):
    kind: str
    certificate: bytes
    payload: bytes
    signature: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Wire)
_certificate = lru_cache(maxsize=2048)(load_certificate)
"""Reading one, and its key, takes longer than all the rest; what it is worth is asked anew each time."""


def make_signed(kind: str, payload: bytes, credentials: Credentials) -> bytes:
    """`payload`, signed by these credentials as a statement of this `kind`. Raises BadInput."""
    if not kind:
        raise BadInput("a signed statement needs a kind")
    certificate = credentials.der
    signature = credentials.key.sign(_signed_bytes(kind, certificate, payload))
    return _encoder.encode(_Wire(kind, certificate, payload, signature))


def open_signed(kind: str, data: bytes, store: TrustStore, now: float) -> tuple[Identity, bytes]:
    """Who signed it, and the payload. Whether a party of that role may say so is for the caller to decide.

    Raises BadEnvelope, BadSignature (also for another kind), BadCertificate, Expired.
    """
    identity, _, payload = open_with_certificate(kind, data, store, now)
    return identity, payload


def open_from(service: str, kind: str, data: bytes, store: TrustStore, now: float) -> bytes:
    """The payload of a statement that this service of the domain `store.own` signed. Raises as `open_signed`;
    BadSignature for a statement of anybody else.
    """
    signer, payload = open_signed(kind, data, store, now)
    if signer.role is not Role.SERVICE or signer.party != PartyId(service, store.own):
        raise BadSignature(
            f"this {kind!r} was signed by {signer.party} ({signer.role}), not by the {service} of {store.own}"
        )
    return payload


def open_with_certificate(
    kind: str, data: bytes, store: TrustStore, now: float
) -> tuple[Identity, x509.Certificate, bytes]:
    """`open_signed`, with the signer's certificate."""
    wire = _decode(kind, data)
    certificate = _certificate(wire.certificate)
    identity = store.verify(certificate, now, wire.certificate)
    if identity.role is Role.BROKER:
        raise BadCertificate(f"{identity.party} is a broker, which signs no statements")
    # answers and lists are long, and come once: remembered, they would fill the memory
    (_check_signature if len(data) <= _SHORT else _check_signature.__wrapped__)(kind, data)
    return identity, certificate, wire.payload


@lru_cache(maxsize=2048)
def _check_signature(kind: str, data: bytes) -> None:
    """Remembers what was signed: a key card comes with a message, and then inside it. Who signed, and whether
    that counts, is asked each time. Raises BadEnvelope, BadSignature, BadCertificate.
    """
    wire = _decode(kind, data)
    signed = _signed_bytes(kind, wire.certificate, wire.payload)
    verify(profile.public_key_of(_certificate(wire.certificate)), wire.signature, signed)


def unverified_payload(kind: str, data: bytes) -> bytes:
    """The payload, proved by nothing: to find out whom it would take to trust.

    Raises BadEnvelope, BadSignature.
    """
    return _decode(kind, data).payload


def signed_parts(kind: str, data: bytes) -> tuple[bytes, bytes, bytes]:
    """Certificate, payload and signature, proved by nothing. Raises BadEnvelope, BadSignature."""
    wire = _decode(kind, data)
    return wire.certificate, wire.payload, wire.signature


def signed_statement(kind: str, certificate: bytes, payload: bytes, signature: bytes) -> bytes:
    """The same from its parts: whether they belong together shows when it is opened."""
    return _encoder.encode(_Wire(kind, certificate, payload, signature))


def unverified_signer(kind: str, data: bytes) -> Identity:
    """Whom its certificate names; that it counts, and that it signed this, was proved before.

    Raises BadEnvelope, BadSignature, BadCertificate.
    """
    return identity_of(_certificate(_decode(kind, data).certificate))


def _decode(kind: str, data: bytes) -> _Wire:
    try:
        wire = _decoder.decode(data)
    except MALFORMED as error:
        raise BadEnvelope(f"this is no signed statement: {error}") from error
    if wire.kind != kind:
        raise BadSignature(f"this is a signed {wire.kind!r}, not a signed {kind!r}")
    return wire


def _signed_bytes(kind: str, certificate: bytes, payload: bytes) -> bytes:
    word = kind.encode()
    return b"".join((_PREFIX, _LENGTH.pack(len(word)), word, hashlib.sha256(certificate).digest(), payload))
