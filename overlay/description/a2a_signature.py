"""Signatures of A2A agent cards (A2A 1.0 section 8.4): JWS over the card's canonical JSON. Pure.

A signature is checked by a key that is known here already: of an agent of a pinned domain, which shows its
certificate (`x5c`), or one that the reader was given. A key that the card itself points to (`jku`) proves
nothing, and is not fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from overlay.credentials.did import DidUrl, party_of_did
from overlay.credentials.jose import read_compact, sign_compact
from overlay.credentials.keys import VerificationKey, to_base64url
from overlay.credentials.signing import certified_key, shown_certificate
from overlay.credentials.strict_json import canonical
from overlay.description.node import Node
from overlay.errors import BadCredential, BadName
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Signature:
    """What became of one signature of a card."""

    by: str
    """Whose key it names."""
    verified: bool
    why: str = ""
    """Why it could not be checked."""


def sign_card(card: Mapping[str, object], signer: Credentials) -> dict[str, object]:
    """The card with one signature, of this agent."""
    bare = _bare(card)
    header = {"typ": "JOSE", **shown_certificate(signer.party.did, signer)}
    protected, _, signature = sign_compact(header, bare, signer.key).split(".")
    return {**bare, "signatures": [{"protected": protected, "signature": signature}]}


def check_signatures(
    card: Mapping[str, object],
    trust: TrustStore | None,
    now: float,
    settings: Settings,
    keys: Mapping[str, VerificationKey] | None = None,
) -> tuple[Signature, ...]:
    """Each signature of the card: verified, or not verifiable here and why. `keys`: others that the reader
    trusts, by their names (`kid`).

    Raises BadCredential for a signature that is wrong: by its key, somebody signed another card.
    """
    payload = to_base64url(canonical(_bare(card)))
    found = []
    for node in Node(card).nodes("signatures"):
        text = f"{node.text('protected', None)}.{payload}.{node.text('signature', None)}"
        found.append(_check(text, trust, now, settings, keys or {}))
    return tuple(found)


def _check(
    text: str,
    trust: TrustStore | None,
    now: float,
    settings: Settings,
    keys: Mapping[str, VerificationKey],
) -> Signature:
    try:
        signed = read_compact(text, 2 * settings.description_bytes)
        kid = signed.word("kid")
    except BadCredential as error:
        return Signature("", False, str(error).removeprefix("malformed: "))
    key = keys.get(kid)
    if key is None and trust is not None and "x5c" in signed.header:
        try:
            did = str(DidUrl.parse(kid).did)
            identity, key = certified_key(signed, did, trust, now)
        except (BadCredential, BadName) as error:
            return Signature(kid, False, str(error))
        if identity.party != party_of_did(did):
            raise BadCredential(f"signature: it is of {identity.party}, and names {did}")
    if key is None:
        return Signature(kid, False, "this key is not known here")
    signed.verify(key)
    return Signature(kid, True)


def _bare(card: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in card.items() if name != "signatures"}
