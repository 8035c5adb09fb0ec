"""The proof of a description: a credential in which the agent says what its document hashes to. Pure.

It is a verifiable credential as this overlay makes them (VC-JOSE-COSE), issued by the agent about itself,
enveloped in the document. It names whose the document is, for which registration it was made, and until when
it counts; the certificate in it is proved by the roots that are pinned for the agent's domain.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from overlay.clock import DAY_S
from overlay.credentials.credential import Claimed, Credential, make_payload, parse_payload
from overlay.credentials.did import party_of_did
from overlay.credentials.jose import Jws, read_compact
from overlay.credentials.keys import to_base64url
from overlay.credentials.signing import certified_key, sign_as_party
from overlay.credentials.strict_json import canonical
from overlay.errors import BadCredential, Expired, Replayed
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role

TYPE = "agent-description"
_ENVELOPE, _DATA = "EnvelopedVerifiableCredential", "data:application/vc+jwt,"
REGISTERING = "registering"
"""What a proof was made for that is in a file from which an agent registers itself."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds."""

    party: PartyId
    """Who signed."""
    purpose: str
    """For which registration (its resource ID), or `REGISTERING`."""
    valid_until: float
    """Seconds since 1970."""


def sign_document(
    document: Mapping[str, object], signer: Credentials, purpose: str, now: float, settings: Settings
) -> dict[str, object]:
    """The document with a proof of this agent; another one that it had is replaced.

    Raises BadCredential when it is the document of somebody else.
    """
    bare = _bare(document)
    if bare.get("did") != signer.party.did:
        raise BadCredential(f"subject: this describes {str(bare.get('did'))[:80]!r}, not {signer.party.did}")
    until = min(now + settings.description_days * DAY_S, signer.identity.not_after)
    claims = {"digest": _digest(bare), "domain": signer.party.domain, "challenge": purpose}
    did = signer.party.did
    credential = Credential(TYPE, did, did, claims, until, f"urn:uuid:{uuid.uuid4()}")
    jwt = sign_as_party(make_payload(credential, now, None), signer)
    return {**bare, "proof": {"type": _ENVELOPE, "id": f"{_DATA}{jwt}"}}


def verify_document(
    document: Mapping[str, object],
    trust: TrustStore,
    now: float,
    settings: Settings,
    *,
    of: PartyId | None = None,
    purpose: str = "",
) -> Proof:
    """That the agent whose document it says to be signed all of it, and no more than `description_days` ago.
    `of`: whose document it has to be; `purpose`: for which registration it has to be made.

    Raises BadCredential, whose text begins with the check that failed: `malformed`, `proof` (there is none),
    `signature`, `subject` (of another agent), `domain`, `changed`; Expired; Replayed (for another purpose).
    """
    signed = _envelope(document, settings)
    claimed = parse_payload(signed.payload)
    said = claimed.credential
    party = _check_subject(document, said, of)
    identity, key = certified_key(signed, said.issuer, trust, now)
    if identity.party != party or identity.role is not Role.AGENT:
        raise BadCredential(f"signature: it is of {identity.party} ({identity.role}), not of {party}")
    signed.verify(key)
    if said.claims.get("domain") != party.domain:
        raise BadCredential(f"domain: the proof was made for {str(said.claims.get('domain'))[:80]!r}")
    if said.claims.get("digest") != _digest(_bare(document)):
        raise BadCredential("changed: the document is not the one that was signed")
    _check_time(claimed, now, trust.skew_s, settings)
    found = str(said.claims.get("challenge", ""))
    if purpose and found != purpose:
        raise Replayed(f"this proof was made for {found[:80]!r}, not for {purpose!r}: have it signed again")
    return Proof(party, found, said.valid_until)


def _check_subject(document: Mapping[str, object], said: Credential, of: PartyId | None) -> PartyId:
    party = party_of_did(said.subject)
    if said.type != TYPE or party is None or said.issuer != said.subject:
        raise BadCredential("malformed: the proof is no word of an agent about its own description")
    if document.get("did") != said.subject:
        raise BadCredential(f"subject: the proof is of {said.subject}, the document is not")
    if of is not None and party != of:
        raise BadCredential(f"subject: this is the description of {party}, not of {of}")
    return party


def _check_time(claimed: Claimed, now: float, skew_s: float, settings: Settings) -> None:
    """A signer who promised more than `description_days` is not believed for longer."""
    end = min(claimed.credential.valid_until, claimed.valid_from + settings.description_days * DAY_S)
    if now > end + skew_s:
        raise Expired("the proof of this description is past its end: have it signed again")
    if now < claimed.valid_from - skew_s:
        raise Expired("the proof of this description begins later: is a clock wrong?")


def _envelope(document: Mapping[str, object], settings: Settings) -> Jws:
    match document.get("proof"):
        case None:
            raise BadCredential("proof: the document has none")
        case {"type": "EnvelopedVerifiableCredential", "id": str(text)} if text.startswith(_DATA):
            return read_compact(text.removeprefix(_DATA), settings.credential_bytes)
    raise BadCredential(f"malformed: the proof is not of the kind {_ENVELOPE!r}, the only one that is read")


def _bare(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if name != "proof"}


def _digest(bare: Mapping[str, object]) -> str:
    return to_base64url(hashlib.sha256(canonical(bare)).digest())
