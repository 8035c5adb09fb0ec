"""Fresh keys for a link: X25519 and ML-KEM-768 together, so that one may fall (design §3). Pure."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from overlay.errors import BadSeal

SUITE = "x25519+ml-kem-768/p256-sha256/hkdf-sha256/aes-256-gcm"
SHARE_BYTES = 32 + 1184
REPLY_BYTES = 32 + 1088
TAG_BYTES = 8
_LABEL = b"agent-overlay/link/v1/"


@dataclass(frozen=True, slots=True, repr=False)
class LinkKeys:
    """What both sides of a link derive from secret and transcript."""

    tag: bytes
    """Names the session in its frames; not secret."""
    to_acceptor: bytes
    to_dialler: bytes
    confirm_dialler: bytes
    confirm_acceptor: bytes


class KeyShares:
    """The dialler's half of one agreement; used once."""

    def __init__(self) -> None:
        self._classic = x25519.X25519PrivateKey.generate()
        self._quantum = mlkem.MLKEM768PrivateKey.generate()
        self.public = (
            self._classic.public_key().public_bytes_raw() + self._quantum.public_key().public_bytes_raw()
        )

    def secret(self, reply: bytes) -> bytes:
        """The common secret. Raises BadSeal when `reply` is no reply to a share."""
        if len(reply) != REPLY_BYTES:
            raise BadSeal(f"a reply to a key share has {REPLY_BYTES} bytes, not {len(reply)}")
        try:
            classic = self._classic.exchange(x25519.X25519PublicKey.from_public_bytes(reply[:32]))
            return classic + self._quantum.decapsulate(reply[32:])
        except ValueError as error:
            raise BadSeal(f"the peer's key share cannot be used: {error}") from error


def answer(share: bytes) -> tuple[bytes, bytes]:
    """The acceptor's half: (reply, common secret). Raises BadSeal."""
    if len(share) != SHARE_BYTES:
        raise BadSeal(f"a key share has {SHARE_BYTES} bytes, not {len(share)}")
    own = x25519.X25519PrivateKey.generate()
    try:
        classic = own.exchange(x25519.X25519PublicKey.from_public_bytes(share[:32]))
        quantum, ciphertext = mlkem.MLKEM768PublicKey.from_public_bytes(share[32:]).encapsulate()
    except ValueError as error:
        raise BadSeal(f"the peer's key share cannot be used: {error}") from error
    return own.public_key().public_bytes_raw() + ciphertext, classic + quantum


def derive(secret: bytes, transcript: bytes) -> LinkKeys:
    """Keys for exactly this secret and this transcript."""
    return LinkKeys(
        _expand(secret, transcript, b"tag", TAG_BYTES),
        _expand(secret, transcript, b"to-acceptor", 32),
        _expand(secret, transcript, b"to-dialler", 32),
        _expand(secret, transcript, b"confirm-dialler", 32),
        _expand(secret, transcript, b"confirm-acceptor", 32),
    )


def confirmation(key: bytes, transcript: bytes) -> bytes:
    """Shows that its maker derived the same keys."""
    return hmac.digest(key, transcript, hashlib.sha256)


def check_confirmation(key: bytes, transcript: bytes, given: bytes) -> None:
    """Raises BadSeal unless the other side derived the same keys."""
    if not hmac.compare_digest(confirmation(key, transcript), given):
        raise BadSeal("the peer did not arrive at the same link keys: something changed on the way")


def _expand(secret: bytes, transcript: bytes, label: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=transcript, info=_LABEL + label).derive(secret)
