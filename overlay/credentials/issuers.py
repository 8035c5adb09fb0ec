"""Whose credentials count in a domain: its trust list of issuers (CA-9). Pure."""

from __future__ import annotations

import msgspec

from overlay.credentials.did import Did, did_of_domain
from overlay.errors import BadCredential
from overlay.naming.ids import PartyId

ISSUERS_KIND = "ca.issuers"
"""The kind of the signed trust list."""
ANY_TYPE = "*"


class Voucher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An issuer, and what it may vouch for."""

    did: str
    types: tuple[str, ...]
    """Types of credentials; `*`: any."""


class IssuerList(msgspec.Struct, frozen=True):
    """A domain's trust list; its CA signs it."""

    made: float
    """Of two lists the later one counts. Seconds since 1970."""
    issuers: tuple[Voucher, ...]


def check_issuer(listed: IssuerList, own: str, issuer: str, kind: str) -> None:
    """Raises BadCredential unless in domain `own` this issuer may vouch for credentials of type `kind`.

    Our own CA may, for any; all others are strangers until they are listed.
    """
    if issuer == did_of_domain(own):
        return
    for voucher in listed.issuers:
        if voucher.did == issuer:
            if kind in voucher.types or ANY_TYPE in voucher.types:
                return
            raise BadCredential(
                f"issuer: {issuer} may vouch in {own} for {', '.join(voucher.types)}, not for {kind!r}"
            )
    raise BadCredential(f"issuer: {issuer} is not on the list of {own}, whose operator may add it")


def check_own_agents(domain: str, subject: PartyId) -> None:
    """Raises BadCredential unless the CA of `domain` is asked about an agent of its own."""
    if subject.domain != domain:
        raise BadCredential(f"issuer: the CA of {domain} vouches for its own agents only, not for {subject}")


def check_listable(did: str, own: str) -> str:
    """`did`, if it can be put on the list. Raises BadName, BadCredential."""
    found = Did.parse(did)
    if found.method not in ("web", "key"):
        raise BadCredential(f"issuer: {did} is neither did:web nor did:key, and its keys cannot be found")
    if did == did_of_domain(own):
        raise BadCredential(f"issuer: {did} is this domain's own CA, which always counts")
    return did
