"""Verifiable credentials: what W3C VC Data Model 2.0 says, as far as it counts here. Pure.

A credential is a JWT (VC-JOSE-COSE) whose payload is the credential itself. Types are words of ours, so the
context of undefined terms is named beside the one of the model.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from overlay.credentials.fields import MAX_WORD, did_in, number_of, time_of, to_time, word
from overlay.credentials.strict_json import parse_object
from overlay.errors import BadCredential, BadInput

TYPE = "VerifiableCredential"
CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]
JWT_TYPE = "vc+jwt"
STATUS_TYPE = "BitstringStatusListEntry"
MAX_CREDENTIAL_BYTES = 32 * 1024
_MAX_CLAIMS = 64
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}\Z")
_URN = re.compile(r"urn:uuid:[0-9a-f-]{36}\Z")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z")


@dataclass(frozen=True, slots=True)
class Credential:
    """What an issuer says of a subject; made only by what verified it. Times are seconds since 1970."""

    type: str
    """Such as `medical-qualification`."""
    issuer: str
    """A DID."""
    subject: str
    """A DID: of an agent, `PartyId.did`."""
    claims: Mapping[str, object]
    """What else is said of the subject: JSON values."""
    valid_until: float
    id: str


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Which bit of which list says whether a credential was revoked."""

    url: str
    index: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a credential says, proved by nothing yet."""

    credential: Credential
    valid_from: float
    status: StatusEntry | None


def check_type(text: str) -> str:
    """A type that this overlay gives: words joined by `-`. Raises BadInput."""
    if len(text) > 80 or not _SLUG.match(text):
        raise BadInput(f"{text!r} is no type of credential: write words like 'medical-qualification'")
    return text


def make_payload(credential: Credential, valid_from: float, status: StatusEntry | None) -> dict[str, object]:
    """The JSON of a credential, to be signed."""
    payload: dict[str, object] = {
        "@context": CONTEXTS,
        "id": credential.id,
        "type": [TYPE, credential.type],
        "issuer": credential.issuer,
        "validFrom": to_time(valid_from),
        "validUntil": to_time(credential.valid_until),
        "credentialSubject": {**credential.claims, "id": credential.subject},
    }
    if status is not None:
        payload["credentialStatus"] = {
            "id": f"{status.url}#{status.index}",
            "type": STATUS_TYPE,
            "statusPurpose": "revocation",
            "statusListIndex": str(status.index),
            "statusListCredential": status.url,
        }
    return payload


def parse_payload(data: bytes) -> Claimed:
    """What a credential's payload says. Raises BadCredential."""
    content = parse_object(data, MAX_CREDENTIAL_BYTES, "the credential")
    subject = content.get("credentialSubject")
    if not isinstance(subject, dict) or len(subject) > _MAX_CLAIMS:
        raise BadCredential(f"malformed: a credential is of one subject with up to {_MAX_CLAIMS} claims")
    credential = Credential(
        type=type_of(content),
        issuer=issuer_of(content),
        subject=did_in(subject.get("id"), "subject"),
        claims={name: value for name, value in subject.items() if name != "id"},
        valid_until=_end(content),
        id=word(content, "id"),
    )
    _check_registered(content, credential)
    return Claimed(credential, _begin(content), _status(content.get("credentialStatus")))


def type_of(content: Mapping[str, object]) -> str:
    """The one type beside `VerifiableCredential`. Raises BadCredential."""
    contexts, types = content.get("@context"), content.get("type")
    if not isinstance(contexts, list) or contexts[:1] != CONTEXTS[:1]:
        raise BadCredential("malformed: this is no credential of the VC Data Model 2.0")
    if not isinstance(types, list) or len(types) != 2 or types[0] != TYPE:
        raise BadCredential(f"malformed: a credential has the type {TYPE!r} and one more")
    if not isinstance(types[1], str) or not _TYPE.match(types[1]):
        raise BadCredential("malformed: the type of a credential is one word")
    return types[1]


def issuer_of(content: Mapping[str, object]) -> str:
    """The issuer's DID, as it is or as the `id` of an object. Raises BadCredential."""
    issuer = content.get("issuer")
    return did_in(issuer.get("id") if isinstance(issuer, dict) else issuer, "issuer")


def serial_of(credential_id: str) -> int | None:
    """As what a credential of a CA of the overlay is on deny lists: the number of its UUID."""
    try:
        return uuid.UUID(credential_id).int if _URN.match(credential_id) else None
    except ValueError:
        return None


def _begin(content: Mapping[str, object]) -> float:
    return max(time_of(content, "validFrom") or 0.0, number_of(content, "nbf", 0.0))


def _end(content: Mapping[str, object]) -> float:
    until = time_of(content, "validUntil")
    if until is None:
        raise BadCredential("malformed: a credential without end ('validUntil') is not taken")
    return min(until, number_of(content, "exp", until))


def _check_registered(content: Mapping[str, object], credential: Credential) -> None:
    """Claims of a JWT repeat those of the credential or are not there (VC-JOSE-COSE, section 3.1.3)."""
    same = {"iss": credential.issuer, "sub": credential.subject, "jti": credential.id}
    for name, value in same.items():
        if content.get(name, value) != value:
            raise BadCredential(f"malformed: the claim {name!r} contradicts the credential")
    if "vc" in content or "vp" in content:
        raise BadCredential("malformed: this is a credential of the VC Data Model 1.1: use 2.0")


def _status(value: object) -> StatusEntry | None:
    match value:
        case None:
            return None
        case {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": str(url),
        } if _INDEX.match(index) and len(url) <= MAX_WORD:
            return StatusEntry(url, int(index))
    raise BadCredential("status: it is of a kind that is unknown here, not one entry for revocation")
