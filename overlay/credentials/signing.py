"""How members of a domain sign credentials: under their certificate, which they show (x5c). Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.serialization import Encoding

from overlay.credentials.credential import JWT_TYPE
from overlay.credentials.did import did_of_domain
from overlay.credentials.did_document import key_name
from overlay.credentials.jose import Jws, sign_compact
from overlay.credentials.keys import VerificationKey
from overlay.errors import BadCertificate, BadCredential, Expired
from overlay.trust import profile
from overlay.trust.bundle import TrustStore, load_certificate
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Identity


def sign_as_ca(payload: Mapping[str, object], ca: Credentials) -> str:
    """A JWT, by the key of the CA's certificate as the domain's DID document names it."""
    return sign_compact(_header(did_of_domain(ca.party.domain), ca), payload, ca.key)


def sign_as_party(payload: Mapping[str, object], party: Credentials) -> str:
    """A JWT, by the key of the party's certificate as its own DID document names it."""
    return sign_compact(_header(party.party.did, party), payload, party.key)


def certified_key(
    signed: Jws, issuer: str, trust: TrustStore, now: float
) -> tuple[Identity, VerificationKey]:
    """The key of the certificate in the header `x5c`, under the roots pinned for its domain, and whose it is.
    Whether that is `issuer` is for the caller to decide. Raises BadCredential.
    """
    chain = signed.header.get("x5c")
    if not isinstance(chain, Sequence) or len(chain) != 1 or not isinstance(chain[0], str):
        raise BadCredential(f"signature: {issuer} proves itself by one certificate (header 'x5c')")
    try:
        certificate = load_certificate(base64.b64decode(chain[0], validate=True))
        identity = trust.verify(certificate, now)
    except (ValueError, BadCertificate, Expired) as error:
        raise BadCredential(f"signature: of {issuer}: {error}") from error
    key = profile.public_key_of(certificate)
    if signed.word("kid") != key_name(issuer, key):
        raise BadCredential("signature: the header 'kid' names another key than the certificate has")
    return identity, key


def shown_certificate(did: str, signer: Credentials) -> dict[str, object]:
    """Members of a header: which key signs, and the certificate that proves it."""
    der = signer.certificate.public_bytes(Encoding.DER)
    return {"kid": key_name(did, signer.key.public), "x5c": [base64.b64encode(der).decode()]}


def _header(did: str, signer: Credentials) -> dict[str, object]:
    return {"typ": JWT_TYPE, "cty": "vc", **shown_certificate(did, signer)}
