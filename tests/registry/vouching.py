"""Credentials that tests give out and take back."""

from __future__ import annotations

from overlay.credentials.credential import Credential
from overlay.errors import BadCredential, Unavailable
from overlay.naming.ids import PartyId

ISSUER = "did:web:a.example"


class Vouchers:
    """Proofs (`overlay.registry.registration.vetting.Proofs`) whose JWTs are words."""

    def __init__(self) -> None:
        self.given: dict[str, Credential] = {}
        self.away = False
        self.version = 0

    def give(self, word: str, to: str, kind: str, until: float = 9e9, **claims: str) -> str:
        """The word that stands for the credential."""
        self.given[word] = Credential(kind, ISSUER, PartyId.parse(to).did, claims, until, f"urn:{word}")
        return word

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        if self.away:
            raise Unavailable("the CA does not answer")
        found = self.given.get(jwt)
        if found is None or found.subject != subject.did:
            raise BadCredential("revoked: the issuer took this credential back")
        return found
