"""Public keys as JWK (RFC 7517, 8037) and as Multikey (did:key method): P-256, Ed25519, X25519. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from overlay.credentials.strict_json import canonical
from overlay.errors import BadCredential

VerificationKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
PublicKey = VerificationKey | x25519.X25519PublicKey

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_P256, _ED25519, _X25519 = b"\x80\x24", b"\xed\x01", b"\xec\x01"
"""Multicodec names of keys (p256-pub 0x1200, ed25519-pub 0xed, x25519-pub 0xec), as varints."""
_MAX_MULTIKEY = 64
_COORDINATE = 32
_JWK_MORE = {"kid", "alg", "use", "key_ops"}


def to_jwk(key: PublicKey) -> dict[str, str]:
    """The members that make the key, and no others."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        x, y = point[1 : 1 + _COORDINATE], point[1 + _COORDINATE :]
        return {"kty": "EC", "crv": "P-256", "x": to_base64url(x), "y": to_base64url(y)}
    curve = "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "X25519"
    return {"kty": "OKP", "crv": curve, "x": to_base64url(key.public_bytes_raw())}


def from_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """Raises BadCredential: for other kinds of keys, and for private ones."""
    values = {name: value for name, value in jwk.items() if name not in _JWK_MORE}
    if "d" in values:
        raise BadCredential("malformed: a JWK holds a private key, which is nobody's secret any more")
    try:
        match values:
            case {"kty": "EC", "crv": "P-256", "x": str(x), "y": str(y), **rest} if not rest:
                point = b"\x04" + _coordinate(x) + _coordinate(y)
                return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            case {"kty": "OKP", "crv": "Ed25519", "x": str(x), **rest} if not rest:
                return ed25519.Ed25519PublicKey.from_public_bytes(_coordinate(x))
            case {"kty": "OKP", "crv": "X25519", "x": str(x), **rest} if not rest:
                return x25519.X25519PublicKey.from_public_bytes(_coordinate(x))
    except ValueError as error:
        raise BadCredential(f"malformed: a JWK is no key: {error}") from error
    raise BadCredential("malformed: a JWK is not a public key on P-256, Ed25519 or X25519")


def thumbprint(key: PublicKey) -> str:
    """The key's own name (RFC 7638)."""
    return to_base64url(hashlib.sha256(canonical(to_jwk(key))).digest())


def to_multikey(key: PublicKey) -> str:
    """`zDn…` of P-256, `z6Mk…` of Ed25519, `z6LS…` of X25519."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return "z" + to_base58(_P256 + key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))
    prefix = _ED25519 if isinstance(key, ed25519.Ed25519PublicKey) else _X25519
    return "z" + to_base58(prefix + key.public_bytes_raw())


def from_multikey(text: str) -> PublicKey:
    """Raises BadCredential."""
    if not text.startswith("z") or len(text) > _MAX_MULTIKEY:
        raise BadCredential("malformed: a Multikey begins with 'z' and is short")
    data = from_base58(text[1:])
    prefix, raw = data[:2], data[2:]
    try:
        if prefix == _P256 and len(raw) == 1 + _COORDINATE:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
        if prefix == _ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        if prefix == _X25519:
            return x25519.X25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise BadCredential(f"malformed: a Multikey is no key: {error}") from error
    raise BadCredential("malformed: a Multikey is not of P-256, Ed25519 or X25519")


def to_base58(data: bytes) -> str:
    """In the alphabet of Bitcoin (multibase `z`)."""
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\x00"))) + text


def from_base58(text: str) -> bytes:
    """The inverse. Raises BadCredential."""
    number = 0
    for char in text:
        digit = _ALPHABET.find(char)
        if digit < 0:
            raise BadCredential(f"malformed: {char!r} is no digit of base58")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def to_base64url(data: bytes) -> str:
    """Without padding, as JOSE writes it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The inverse: one text for one value, nothing else is read. Raises BadCredential."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise BadCredential(f"malformed: this is not base64url: {error}") from error
    if to_base64url(data) != text:
        raise BadCredential("malformed: this is not base64url as JOSE writes it")
    return data


def _coordinate(text: str) -> bytes:
    data = from_base64url(text)
    if len(data) != _COORDINATE:
        raise BadCredential(f"malformed: a JWK's coordinate has {_COORDINATE} bytes, not {len(data)}")
    return data
