"""Wraps: a message key on its way to one receiver, sealed by HPKE and signed by its sender. Pure.

HPKE is RFC 9180, base mode, X25519 / HKDF-SHA256 / AES-256-GCM. Both the HPKE info and the signature cover
sender, receiver, key ID, expiry and the receiver's key ID, so that a wrap is good for this one use: its
receiver cannot hand it on, and nobody can show it as his own.
"""

from __future__ import annotations

import struct

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from overlay.errors import BadCertificate, BadEnvelope, BadSeal, UnknownKey
from overlay.naming.ids import PartyId
from overlay.trust import profile
from overlay.trust.credentials import Credentials
from overlay.trust.keycard import KeyCard
from overlay.trust.keys import ID_BYTES, SealingKey, verify
from overlay.wire.malformed import MALFORMED

KEY_BYTES = 32
_PREFIX = b"agent-overlay/wrap/v1\x00"
_TIMES = struct.Struct(">QHH")
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class _Wire(msgspec.Struct, array_like=True, frozen=True):
    receiver_key_id: bytes
    expiry_ms: int
    ciphertext: bytes
    signature: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Wire)


def make_wrap(message_key: bytes, key_id: bytes, me: Credentials, to: KeyCard, expiry_ms: int) -> bytes:
    """`message_key` for the owner of `to`, who keeps it until `expiry_ms`.

    Raises BadCertificate when the card holds a key that nothing can be sealed to.
    """
    bound = _bound(me.party, to.identity.party, key_id, expiry_ms, to.key_id)
    try:
        public = x25519.X25519PublicKey.from_public_bytes(to.sealing_public)
        ciphertext = _SUITE.encrypt(message_key, public, info=bound)
    except ValueError as error:
        raise BadCertificate(f"the sealing key of {to.identity.party} is unusable: {error}") from error
    return _encoder.encode(_Wire(to.key_id, expiry_ms, ciphertext, me.key.sign(bound + ciphertext)))


def open_wrap(raw: bytes, key_id: bytes, sender: KeyCard, me: Credentials) -> tuple[bytes, int]:
    """The message key, and its expiry in milliseconds.

    Raises UnknownKey when it is sealed to a key that we do not hold: the sender needs our new card; and
    BadEnvelope, BadSignature, BadSeal.
    """
    wire = _decode(raw)
    mine = _sealing_key(me, wire.receiver_key_id)
    bound = _bound(sender.identity.party, me.party, key_id, wire.expiry_ms, wire.receiver_key_id)
    verify(profile.public_key_of(sender.certificate), wire.signature, bound + wire.ciphertext)
    try:
        message_key = _SUITE.decrypt(wire.ciphertext, mine.private, info=bound)
    except (InvalidTag, ValueError) as error:
        raise BadSeal(f"the message key wrapped by {sender.identity.party} does not open") from error
    if len(message_key) != KEY_BYTES:
        raise BadSeal(f"{sender.identity.party} wrapped a key of {len(message_key)} bytes, not {KEY_BYTES}")
    return message_key, wire.expiry_ms


def _decode(raw: bytes) -> _Wire:
    try:
        wire = _decoder.decode(raw)
    except MALFORMED as error:
        raise BadEnvelope(f"this is no wrapped key: {error}") from error
    if len(wire.receiver_key_id) != ID_BYTES or not 0 < wire.expiry_ms < 1 << 53:
        raise BadEnvelope("key ID or expiry of the wrapped key are out of range")
    return wire


def _sealing_key(me: Credentials, key_id: bytes) -> SealingKey:
    for key in me.sealing:
        if key.key_id == key_id:
            return key
    raise UnknownKey(
        f"the message key is wrapped to a sealing key that {me.party} does not hold: fetch its new key card"
    )


def _bound(
    sender: PartyId, receiver: PartyId, key_id: bytes, expiry_ms: int, receiver_key_id: bytes
) -> bytes:
    names = (str(sender).encode(), str(receiver).encode())
    sizes = _TIMES.pack(expiry_ms, *(len(name) for name in names))
    return b"".join((_PREFIX, sizes, *names, key_id, receiver_key_id))
