"""Did this issuer sign this? A pinned domain's CA shows its certificate, others are looked up by DID."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.credentials.credential import JWT_TYPE
from overlay.credentials.did import domain_of_did
from overlay.credentials.jose import Jws
from overlay.credentials.keys import VerificationKey
from overlay.credentials.ports import Surroundings
from overlay.credentials.resolver import DidResolver
from overlay.credentials.signing import certified_key
from overlay.errors import BadCredential, BadName, NotFound
from overlay.naming.ids import CA, PartyId
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Role


class IssuerKeys:
    """Finds the key that an issuer says it signed with, and proves both."""

    def __init__(self, trust: TrustStore, around: Surroundings, resolver: DidResolver, clock: Clock) -> None:
        self._trust = trust
        self._around = around
        self._resolver = resolver
        self._clock = clock

    async def overlay_domain(self, issuer: str) -> str | None:
        """The domain of whose CA this is the DID, when its roots are pinned here. Raises Unavailable."""
        domain = domain_of_did(issuer)
        return domain if domain and await self._around.knows(domain) else None

    async def check(self, signed: Jws, issuer: str) -> None:
        """Raises BadCredential unless `issuer` signed it; Unavailable when its keys cannot be had now."""
        if signed.header.get("typ") != JWT_TYPE:
            raise BadCredential(f"malformed: the header 'typ' of a credential is {JWT_TYPE!r}")
        domain = await self.overlay_domain(issuer)
        key = self._of_ca(signed, domain, issuer) if domain else await self._of_stranger(signed, issuer)
        signed.verify(key)

    def _of_ca(self, signed: Jws, domain: str, issuer: str) -> VerificationKey:
        """By the header `x5c`: the service certificate of the CA, under the roots pinned for its domain."""
        identity, key = certified_key(signed, issuer, self._trust, self._clock())
        if identity.role is not Role.SERVICE or identity.party != PartyId(CA, domain):
            raise BadCredential(f"signature: it is of {identity.party}, not of the CA of {domain}")
        return key

    async def _of_stranger(self, signed: Jws, issuer: str) -> VerificationKey:
        kid = signed.word("kid")
        try:
            document = await self._resolver.resolve(issuer)
        except (BadName, NotFound) as error:
            raise BadCredential(f"issuer: {error}") from error
        key = document.assertion.get(kid)
        if key is None:
            raise BadCredential(f"signature: {kid[:200]!r} is no key by which {issuer} vouches for anything")
        return key
