"""Does this credential count, for this party, here and now? (CA-9)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from overlay.clock import Clock
from overlay.credentials.credential import Claimed, Credential, parse_payload, serial_of
from overlay.credentials.issuer_keys import IssuerKeys
from overlay.credentials.issuers import check_issuer, check_own_agents
from overlay.credentials.jose import read_compact
from overlay.credentials.ports import Surroundings, Web
from overlay.credentials.presentation import split_presentation
from overlay.credentials.resolver import DidResolver
from overlay.credentials.statuses import Statuses
from overlay.errors import BadCredential
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore


class CredentialVerifier:
    """Checks what others present. Made for an endpoint by `overlay.ca.credentials.sources.verifier_at`."""

    def __init__(
        self, trust: TrustStore, around: Surroundings, web: Web, settings: Settings, clock: Clock
    ) -> None:
        self._trust = trust
        self._around = around
        self._settings = settings
        self._clock = clock
        self._keys = IssuerKeys(trust, around, DidResolver(around, web, settings, clock), clock)
        self._statuses = Statuses(trust.own, self._keys, around, web, settings, clock)
        self._signed: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    @property
    def version(self) -> int:
        """Rises whenever an answer may have changed: what was revoked, or whom we trust."""
        return self._trust.version

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        """The credential in `jwt` (as `Wallet.of_types` gives it), shown by `subject`, who proved itself by
        the message that carried it: credentials are nobody else's.

        Raises BadCredential, whose text begins with the check that failed: `malformed`, `signature`, `issuer`
        (not trusted for this type), `subject` (is another), `expired`, `not yet valid`, `revoked`, `status`
        (unknown or stale); Unavailable when who must be asked does not answer: refuse then too.
        """
        text, shown = split_presentation(jwt, self._settings.credential_bytes)
        signed = read_compact(text, self._settings.credential_bytes)
        claimed = parse_payload(signed.payload)
        said = claimed.credential
        if said.subject != subject.did:
            raise BadCredential(f"subject: the credential is of {said.subject}, not of {subject.did}")
        check_issuer(await self._around.issuers(), self._trust.own, said.issuer, said.type)
        self._check_time(claimed)
        domain = await self._keys.overlay_domain(said.issuer)
        if domain:
            check_own_agents(domain, subject)
        digest = hashlib.sha256(text.encode()).digest()
        if not self._known(digest):
            await self._keys.check(signed, said.issuer)
            self._remember(digest)
        await self._check_status(claimed, domain, shown)
        return said

    def _check_time(self, claimed: Claimed) -> None:
        now, skew_s = self._clock(), self._settings.clock_skew_s
        if now > claimed.credential.valid_until + skew_s:
            raise BadCredential(f"expired: the credential {claimed.credential.id} is past its end")
        if now < claimed.valid_from - skew_s:
            raise BadCredential(f"not yet valid: the credential {claimed.credential.id} begins later")

    async def _check_status(self, claimed: Claimed, domain: str | None, shown: str) -> None:
        said = claimed.credential
        serial = serial_of(said.id)
        if domain and serial is not None and self._trust.denies(domain, serial):
            raise BadCredential(f"revoked: {said.issuer} took this credential back")
        if claimed.status is not None:
            await self._statuses.check(claimed.status, said.issuer, shown)
        elif domain:
            raise BadCredential(f"status: a credential of {said.issuer} names its status list, this one none")

    def _known(self, digest: bytes) -> bool:
        """Whether its signature was checked already, and nobody's trust changed since."""
        found = self._signed.get(digest)
        return found is not None and found[0] > self._clock() and found[1] == self._trust.version

    def _remember(self, digest: bytes) -> None:
        until = self._clock() + self._settings.did_cache_s
        self._signed.pop(digest, None)
        self._signed[digest] = (until, self._trust.version)
        if len(self._signed) > self._settings.credential_cache_size:
            self._signed.popitem(last=False)
