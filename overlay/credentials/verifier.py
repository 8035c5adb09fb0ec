"""Does this credential count, for this party, here and now? (CA-9)."""

from __future__ import annotations

from overlay.credentials.credential import Credential
from overlay.errors import BadCredential
from overlay.naming.ids import PartyId


class CredentialVerifier:
    """Checks what others present. Made for an endpoint by `overlay.ca.credential_sources.verifier_at`."""

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        """The credential in `jwt` (as `Wallet.of_types` gives it), shown by `subject`, who proved itself by
        the message that carried it: credentials are nobody else's.

        Raises BadCredential, whose text begins with the check that failed: `malformed`, `signature`, `issuer`
        (not trusted for this type), `subject` (is another), `expired`, `not yet valid`, `revoked`, `status`
        (unknown or stale); Unavailable when who must be asked does not answer: refuse then too.
        """
        raise BadCredential(f"malformed: {len(jwt)} characters shown by {subject} are no credential")
