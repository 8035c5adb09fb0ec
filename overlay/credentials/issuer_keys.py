"""Did this issuer sign this? A pinned domain's CA shows its certificate, others are looked up by DID."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from overlay.clock import Clock
from overlay.credentials.credential import JWT_TYPE
from overlay.credentials.did import domain_of_did
from overlay.credentials.did_document import key_name
from overlay.credentials.jose import Jws
from overlay.credentials.keys import VerificationKey
from overlay.credentials.ports import Surroundings
from overlay.credentials.resolver import DidResolver
from overlay.errors import BadCertificate, BadCredential, BadName, Expired, NotFound
from overlay.naming.ids import CA, PartyId
from overlay.trust import profile
from overlay.trust.bundle import TrustStore, load_certificate
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
        chain = signed.header.get("x5c")
        if not isinstance(chain, Sequence) or len(chain) != 1 or not isinstance(chain[0], str):
            raise BadCredential(f"signature: {issuer} proves itself by one certificate (header 'x5c')")
        try:
            certificate = load_certificate(base64.b64decode(chain[0], validate=True))
            identity = self._trust.verify(certificate, self._clock())
        except (ValueError, BadCertificate, Expired) as error:
            raise BadCredential(f"signature: of the CA of {domain}: {error}") from error
        if identity.role is not Role.SERVICE or identity.party != PartyId(CA, domain):
            raise BadCredential(f"signature: it is of {identity.party}, not of the CA of {domain}")
        key = profile.public_key_of(certificate)
        if signed.word("kid") != key_name(issuer, key):
            raise BadCredential("signature: the header 'kid' names another key than the certificate has")
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
