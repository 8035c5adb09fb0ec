"""Two domains, issuers and a verifier, in memory, with a clock that tests turn."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import OKPKey

from overlay.credentials.credential import Credential, StatusEntry, make_payload
from overlay.credentials.did import did_of_domain
from overlay.credentials.issuers import IssuerList, Voucher
from overlay.credentials.keys import to_multikey
from overlay.credentials.presentation import join_presentation
from overlay.credentials.signing import sign_as_ca
from overlay.credentials.status_list import make_status_payload
from overlay.credentials.strict_json import canonical
from overlay.credentials.verifier import CredentialVerifier
from overlay.errors import BadCredential, NotFound
from overlay.naming.ids import CA, PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.keycard import KeyCard, open_card
from tests.ca.office import DAY, TurnedClock
from tests.memory_domain import MemoryDomain

QUALIFIED = "medical-qualification"
URL = "https://a.example/credentials/status"
ALICE = PartyId("alice", "a.example")
PLACE = 77


class FakeWeb:
    """Pages in a dict, and what was fetched."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.fetched: list[str] = []

    async def get(self, url: str, media_types: Collection[str], limit: int) -> bytes:
        self.fetched.append(url)
        assert media_types
        assert limit
        if url not in self.pages:
            raise BadCredential(f"malformed: {url} answers 404")
        return self.pages[url]


class Scene:
    """The verifier is in b.example, which is peered with a.example."""

    def __init__(self, **settings: object) -> None:
        self.clock = TurnedClock()
        self.settings = Settings.model_validate(settings)
        self.a = MemoryDomain("a.example", self.settings, self.clock)
        self.b = MemoryDomain("b.example", self.settings, self.clock)
        self.trust = TrustStore(self.b.bundle)
        self.trust.add(self.a.bundle)
        self.vouchers = [Voucher(did_of_domain("a.example"), (QUALIFIED,))]
        self.own_list = ""
        self.web = FakeWeb()
        self.verifier = self.fresh()
        self.ca = self.a.party(CA, Role.SERVICE).credentials

    def fresh(self) -> CredentialVerifier:
        """A verifier that saw nothing yet."""
        return CredentialVerifier(self.trust, self, self.web, self.settings, self.clock)

    # -- surroundings of the verifier -------------------------------------------------------------------
    async def knows(self, domain: str) -> bool:
        return domain in self.trust.domains

    async def card(self, party: PartyId) -> KeyCard:
        for domain in (self.a, self.b):
            if party in domain.directory.cards:
                return open_card(domain.directory.cards[party], self.trust, self.clock())
        raise NotFound(f"there is no {party}")

    async def issuers(self) -> IssuerList:
        return IssuerList(self.clock(), tuple(self.vouchers))

    async def own_status(self) -> str:
        return self.own_list

    # -- issuers ----------------------------------------------------------------------------------------
    def said(self, **changes: object) -> Credential:
        values: dict[str, object] = {
            "type": QUALIFIED,
            "issuer": did_of_domain("a.example"),
            "subject": ALICE.did,
            "claims": {"field": "surgery"},
            "valid_until": self.clock() + 30 * DAY,
            "id": uuid.uuid4().urn,
        }
        return Credential(**(values | changes))  # type: ignore[arg-type]  # names and types are those of the fields

    def payload(self, said: Credential | None = None, **more: object) -> dict[str, object]:
        return make_payload(said or self.said(), self.clock(), StatusEntry(URL, PLACE)) | more

    def status(self, *revoked: int, ca: Credentials | None = None, age_s: float = 0.0, url: str = URL) -> str:
        made = self.clock() - age_s
        signer = ca or self.ca
        issuer = did_of_domain(signer.party.domain)
        until = made + self.settings.credential_status_s
        return sign_as_ca(make_status_payload(url, issuer, revoked, made, until), signer)

    def shown(self, payload: Mapping[str, object] | None = None, status: str | None = None) -> str:
        """A credential by the CA of a.example, with its status list."""
        jwt = sign_as_ca(payload or self.payload(), self.ca)
        return join_presentation(jwt, self.status() if status is None else status)


class KeyIssuer:
    """Somebody with a did:key, Ed25519."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.multikey = to_multikey(self._key.public_key())
        self.did = f"did:key:{self.multikey}"

    def sign(self, payload: Mapping[str, object]) -> str:
        header = {"typ": "vc+jwt", "alg": "Ed25519", "kid": f"{self.did}#{self.multikey}"}
        key = OKPKey.import_key(self._key)
        return jws.serialize_compact(header, canonical(payload), key, algorithms=["Ed25519"])
