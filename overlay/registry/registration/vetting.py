"""The credentials in profiles: which of them hold now (REG-2). No I/O but by `Proofs`."""

from __future__ import annotations

from typing import Protocol

from overlay.credentials.credential import Credential
from overlay.errors import BadCredential, Refused, Unavailable
from overlay.naming.ids import PartyId
from overlay.registry.record import Profile
from overlay.registry.registration.claims import Vetted
from overlay.registry.registration.fault import Fault


class Proofs(Protocol):
    """Says whether a credential counts: `overlay.credentials.verifier.CredentialVerifier`."""

    @property
    def version(self) -> int:
        """Rises whenever an answer may have changed: something was revoked."""

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        """Raises BadCredential, Unavailable."""


class Vetting:
    """`proofs` is set when the registry is connected; without, credentials count for nothing."""

    def __init__(self) -> None:
        self.proofs: Proofs | None = None

    @property
    def version(self) -> int:
        """Rises whenever something may have been revoked."""
        return self.proofs.version if self.proofs is not None else 0

    async def of(self, profile: Profile, party: PartyId) -> Vetted:
        """Verify them all."""
        good: list[Credential] = []
        bad: list[Fault] = []
        unknown = ""
        for number, jwt in enumerate(profile.credentials):
            try:
                good.append(await self._verify(jwt, party))
            except BadCredential as error:
                todo = "leave it out, or get another"
                bad.append(Fault(f"credentials[{number}]", f"does not count: {error}", todo, Refused))
            except Unavailable as error:
                unknown = str(error)
        return Vetted(tuple(good), tuple(bad), unknown)

    async def _verify(self, jwt: str, party: PartyId) -> Credential:
        if self.proofs is None:
            raise Unavailable("this registry verifies no credentials yet")
        return await self.proofs.verify(jwt, party)
