"""Compact signatures (RFC 7515) by joserfc, which chooses neither key nor algorithm here. Pure."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, OKPKey

from overlay.credentials.keys import VerificationKey, from_base64url
from overlay.credentials.strict_json import canonical, parse_object
from overlay.errors import BadCredential
from overlay.trust.keys import SigningKey

_MAX_HEADER = 8 * 1024
_ECDSA = ("ES256",)
_EDDSA = ("EdDSA", "Ed25519")
_ELSEWHERE = ("crit", "jku", "jwk", "x5u", "b64")
"""Headers that name a key of the sender's choice, or change what is signed."""


class _Registry(jws.JWSRegistry):
    max_header_length = _MAX_HEADER


@dataclass(frozen=True, slots=True)
class Jws:
    """Three parts of a compact signature, decoded; nothing is proved before `verify`."""

    text: str
    header: Mapping[str, object]
    payload: bytes

    def word(self, name: str) -> str:
        """A header that must be there as text. Raises BadCredential."""
        value = self.header.get(name)
        if not isinstance(value, str):
            raise BadCredential(f"malformed: the header {name!r} is missing")
        return value

    def verify(self, key: VerificationKey) -> None:
        """Raises BadCredential unless `key` signed it, by its own algorithm."""
        permitted = _ECDSA if isinstance(key, ec.EllipticCurvePublicKey) else _EDDSA
        if self.header.get("alg") not in permitted:
            raise BadCredential(
                f"signature: the algorithm is {str(self.header.get('alg'))[:20]!r}, not {permitted[0]}"
            )
        registry = _Registry(algorithms=list(permitted), strict_check_header=False)
        pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        kind = ECKey if permitted is _ECDSA else OKPKey
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 only renames EdDSA
                jws.deserialize_compact(self.text, kind.import_key(pem), registry=registry)
        except (JoseError, ValueError) as error:
            raise BadCredential("signature: it does not match") from error


def read_compact(text: str, limit: int) -> Jws:
    """Raises BadCredential when it is none, longer than `limit` characters, or written in another way."""
    parts = text.split(".", 3) if len(text) <= limit else []
    if len(parts) != 3 or not text.isascii():
        raise BadCredential(f"malformed: this is no compact signature of up to {limit} characters")
    header = parse_object(from_base64url(parts[0]), _MAX_HEADER, "the header")
    payload, _ = from_base64url(parts[1]), from_base64url(parts[2])
    for name in _ELSEWHERE:
        if name in header:
            raise BadCredential(f"malformed: the header {name!r} is not taken from anybody")
    return Jws(text, header, payload)


def sign_compact(header: Mapping[str, object], payload: object, key: SigningKey) -> str:
    """`payload` as canonical JSON, signed with ES256."""
    registry = _Registry(algorithms=list(_ECDSA), strict_check_header=False)
    own = ECKey.import_key(key.to_pem())
    return jws.serialize_compact({**header, "alg": _ECDSA[0]}, canonical(payload), own, registry=registry)
