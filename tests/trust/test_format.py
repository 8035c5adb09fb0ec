"""The sealed message, opened by the letter of its description and by nothing of ours."""

from __future__ import annotations

import hashlib
import struct

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from overlay.wire.envelope import decode_envelope
from tests.trust.conversation import NOW, pair

_SHA256 = ec.ECDSA(hashes.SHA256())


def test_a_message_opens_by_the_letter_of_the_format() -> None:
    alice, bob = pair()
    envelope = decode_envelope(alice.seal(bob, b"to the letter"))
    header, mine = envelope.header, bob.credentials.sealing[0]

    kind, certificate, payload, signature = msgspec.msgpack.decode(header.card)
    public = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    digest = hashlib.sha256(certificate).digest()
    public.verify(
        signature, b"agent-overlay/signed/v1\x00\x00\x00\x00\x08key-card" + digest + payload, _SHA256
    )
    assert kind == "key-card"
    assert msgspec.msgpack.decode(payload)[:3] == [
        "alice@a.example",
        alice.credentials.sealing[0].public,
        NOW * 1000,
    ]

    key_id, expiry_ms, ciphertext, signature = msgspec.msgpack.decode(header.wrap)
    assert key_id == hashlib.sha256(b"agent-overlay/sealing-key/v1\x00" + mine.public).digest()[:16]
    sizes = struct.pack(">QHH", expiry_ms, 15, 13)
    names = b"alice@a.example" + b"bob@a.example"
    bound = b"agent-overlay/wrap/v1\x00" + sizes + names + header.key_id + key_id
    public.verify(signature, bound + ciphertext, _SHA256)
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    message_key = suite.decrypt(ciphertext, mine.private, info=bound)

    nonce = b"\x00\x00\x00\x00" + struct.pack(">Q", header.counter)
    data = b"ov.rt.normal.agent.bob.alice\x00" + envelope.header_bytes
    assert AESGCM(message_key).decrypt(nonce, envelope.sealed, data) == b"to the letter"
