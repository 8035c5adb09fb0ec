"""JSON Web Tokens as nats-server writes and reads them: Ed25519 under NKeys. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
import nkeys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from overlay.errors import BadInput, BadSignature
from overlay.wire.malformed import MALFORMED

_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_CHECKSUM_BYTES = 2


class NatsSigner:
    """The account key that signs admissions."""

    def __init__(self, seed: str) -> None:
        """Raises BadInput."""
        try:
            self._pair = nkeys.from_seed(seed.encode())
            public: bytes = self._pair.public_key
        except (nkeys.NkeysError, ValueError) as error:
            raise BadInput("this is not the seed of an NKey") from error
        self.public = public.decode()

    def sign(self, claims: dict[str, Any]) -> bytes:
        """A token with these claims, issued by this key."""
        signed = b".".join(
            _b64(msgspec.json.encode(part)) for part in (_HEADER, claims | {"iss": self.public})
        )
        return signed + b"." + _b64(self._pair.sign(signed))


def open_token(token: bytes) -> dict[str, Any]:
    """The claims of a token that its issuer (`iss`) signed; whether to believe that issuer is the caller's
    to say. Raises BadInput, BadSignature.
    """
    signed, _, signature = token.rpartition(b".")
    try:
        header, claims = (msgspec.json.decode(_unb64(part)) for part in signed.split(b"."))
        issuer = str(claims["iss"])
        raw_signature = _unb64(signature)
    except (ValueError, KeyError, TypeError, *MALFORMED) as error:
        raise BadInput(f"this is not a token of nats-server: {error}") from error
    if header != _HEADER:
        raise BadInput(f"this is not a token of nats-server: its header is {header!r}")
    try:
        Ed25519PublicKey.from_public_bytes(public_bytes(issuer)).verify(raw_signature, signed)
    except InvalidSignature as error:
        raise BadSignature(f"the token is not signed by its issuer {issuer}") from error
    return dict(claims)


def public_bytes(nkey: str) -> bytes:
    """The 32 bytes of a public NKey. Raises BadInput."""
    try:
        raw = base64.b32decode(nkey + "=" * (-len(nkey) % 8))
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"{nkey!r} is not an NKey") from error
    body, checksum = raw[:-_CHECKSUM_BYTES], raw[-_CHECKSUM_BYTES:]
    if len(body) != 33 or nkeys.crc16(body).to_bytes(2, "little") != checksum:
        raise BadInput(f"{nkey!r} is not an NKey")
    return body[1:]


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _unb64(data: bytes) -> bytes:
    return base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)
