"""Keys: P-256 for signatures and certificates, X25519 for receiving sealed message keys. Pure."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from overlay.errors import BadInput, BadSignature

ID_BYTES = 16
_ECDSA = ec.ECDSA(hashes.SHA256())
_RAW = serialization.Encoding.Raw
_CLEAR = serialization.NoEncryption()


def new_id() -> bytes:
    """16 random bytes: the ID of a message or of a message key."""
    return secrets.token_bytes(ID_BYTES)


class SigningKey:
    """A P-256 private key. It never leaves the party (CA-1)."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        if not isinstance(private.curve, ec.SECP256R1):
            raise BadInput(f"a signing key is on P-256, not on {private.curve.name}")
        self.private = private
        self.public = private.public_key()

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, data: bytes) -> SigningKey:
        """From an unencrypted PEM private key. Raises BadInput."""
        try:
            key = serialization.load_pem_private_key(data, password=None)
        except (ValueError, TypeError) as error:
            raise BadInput(f"this is not an unencrypted private key in PEM: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise BadInput("a signing key is an elliptic-curve key on P-256")
        return cls(key)

    def to_pem(self) -> bytes:
        """PKCS #8 in PEM, unencrypted: keep the file private."""
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(pem, pkcs8, _CLEAR)

    def sign(self, data: bytes) -> bytes:
        """An ECDSA signature with SHA-256, in DER."""
        return self.private.sign(data, _ECDSA)

    def __repr__(self) -> str:
        return "SigningKey(…)"


def verify(public: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> None:
    """Raises BadSignature unless `public`'s owner signed `data`."""
    try:
        public.verify(signature, data, _ECDSA)
    except InvalidSignature as error:
        raise BadSignature("the signature does not match: it was made with another key or changed") from error


def sealing_key_id(public: bytes) -> bytes:
    """The 16-byte name of a sealing key: a hash of its public half, so nobody can choose it."""
    return hashlib.sha256(b"agent-overlay/sealing-key/v1\x00" + public).digest()[:ID_BYTES]


class SealingKey:
    """An X25519 private key, to which others wrap message keys. All processes of a party share it."""

    def __init__(self, private: x25519.X25519PrivateKey) -> None:
        self.private = private
        self.public = private.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw)
        self.key_id = sealing_key_id(self.public)

    @classmethod
    def generate(cls) -> SealingKey:
        """A new key."""
        return cls(x25519.X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, data: bytes) -> SealingKey:
        """From its 32 raw bytes. Raises BadInput."""
        try:
            return cls(x25519.X25519PrivateKey.from_private_bytes(data))
        except ValueError as error:
            raise BadInput(f"a sealing key has 32 bytes, not {len(data)}") from error

    def to_bytes(self) -> bytes:
        """32 raw bytes: keep them private."""
        return self.private.private_bytes(_RAW, serialization.PrivateFormat.Raw, _CLEAR)

    def __repr__(self) -> str:
        return f"SealingKey(…, key_id={self.key_id.hex()})"
