"""How the CA of a domain signs credentials: under its service certificate, which it shows (x5c). Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding

from overlay.credentials.credential import JWT_TYPE
from overlay.credentials.did import did_of_domain
from overlay.credentials.did_document import key_name
from overlay.credentials.jose import sign_compact
from overlay.trust.credentials import Credentials


def sign_as_ca(payload: Mapping[str, object], ca: Credentials) -> str:
    """A JWT, by the key of the CA's certificate as the domain's DID document names it."""
    der = ca.certificate.public_bytes(Encoding.DER)
    header = {
        "typ": JWT_TYPE,
        "cty": "vc",
        "kid": key_name(did_of_domain(ca.party.domain), ca.key.public),
        "x5c": [base64.b64encode(der).decode()],
    }
    return sign_compact(header, payload, ca.key)
