"""From an application that may be granted to a certificate: the last checks, in one place."""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca import checks
from overlay.ca.applications.application import Application
from overlay.ca.entries import Certificate, Token
from overlay.ca.issuance import Issuance
from overlay.ca.protocol import Reason
from overlay.errors import Refused
from overlay.naming.ids import PartyId
from overlay.trust.identity import Role


def check_admissible(issuance: Issuance, token: Token, public: ec.EllipticCurvePublicKey) -> None:
    """Raises Refused when the name was taken, when somebody of that name was revoked after the token was made
    (and may hold it), or when the key is not its holder's alone.
    """
    if not token.again:
        issuance.check_not_taken(token.name)
    if issuance.store.revoked_since(token.name, issuance.get(token.serial).issued_at):
        raise Refused(
            f"token: {token.name!r} was revoked after this token was made; ask the operator for a new one"
        )
    issuance.check_key(public, token.name)


def admit(
    issuance: Issuance, token: Token, granted: Application, public: ec.EllipticCurvePublicKey
) -> Certificate:
    """Inside a change: certify `token.name` for this key; who held the name before is revoked.

    Raises Refused, Unavailable.
    """
    check_admissible(issuance, token, public)
    attributes = checks.attributes_of(granted)
    party = PartyId(token.name, issuance.domain)
    entry = replace(
        issuance.sign(public, party, Role.AGENT, attributes=attributes),
        organisation=granted.organisation,
        qualification=granted.qualification,
        developer=granted.developer,
        function=granted.function,
    )
    issuance.revoke(issuance.store.valid_of(token.name, issuance.clock()), Reason.SUPERSEDED)
    issuance.store.add_certificate(entry)
    return entry
