"""Proof of a description: against change, another's name, another domain, and use for another purpose."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from overlay.clock import DAY_S
from overlay.credentials.credential import Credential, make_payload
from overlay.credentials.signing import sign_as_party
from overlay.description.description import Description
from overlay.description.proof import REGISTERING, TYPE, sign_document, verify_document
from overlay.description.writing import write_document
from overlay.errors import BadCredential, Expired, OverlayError, Replayed
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from tests.description.profiles import CLINIC
from tests.memory_domain import MemoryDomain

SETTINGS = Settings()
NOW = 1_800_000_000.0
HOME = MemoryDomain("a.example", clock=lambda: NOW)
SIGNER = HOME.credentials("clinic", lifetime_s=400 * DAY_S)
OTHER = HOME.credentials("mallory")
TRUST = TrustStore(HOME.bundle)
Document = dict[str, object]


def bare(signer: Credentials = SIGNER) -> Document:
    return write_document(Description(CLINIC, signer.party.did, "r-1", NOW))


def signed(signer: Credentials = SIGNER, purpose: str = "r-1", now: float = NOW) -> Document:
    return sign_document(bare(signer), signer, purpose, now, SETTINGS)


def verify(document: Document, now: float = NOW, purpose: str = "r-1") -> PartyId:
    found = verify_document(document, TRUST, now, SETTINGS, of=SIGNER.party, purpose=purpose)
    return found.party


def forged(signer: Credentials, issuer: str = "", **claims: object) -> Document:
    """A proof with other claims, well signed by `signer`."""
    did = issuer or signer.party.did
    credential = Credential(TYPE, did, did, claims, NOW + DAY_S, "urn:x:1")
    jwt = sign_as_party(make_payload(credential, NOW, None), signer)
    envelope = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{jwt}"}
    return bare() | {"proof": envelope}


def test_a_proof_holds_for_its_agent_its_registration_and_its_time() -> None:
    document = signed()
    assert verify(document) == SIGNER.party
    proof = verify_document(document, TRUST, NOW, SETTINGS)
    assert (proof.purpose, proof.valid_until) == ("r-1", NOW + SETTINGS.description_days * DAY_S)


def test_any_change_is_noticed() -> None:
    changes: list[Callable[[Document], object]] = [
        lambda document: document.update(name="Clinik"),
        lambda document: document.update(security=["receiver-decides"]),
        lambda document: document.update({"my:term": 1}),
        lambda document: document.pop("description"),
        lambda document: document.update(created="2027-01-15T08:00:00.001Z"),
    ]
    for change in changes:
        document = copy.deepcopy(signed())
        change(document)
        with pytest.raises(BadCredential, match=r"^changed: "):
            verify(document)


def test_nobody_signs_the_description_of_another() -> None:
    with pytest.raises(BadCredential, match=r"^subject: "):
        sign_document(bare(), OTHER, "r-1", NOW, SETTINGS)
    with pytest.raises(BadCredential, match=r"^signature: the header 'kid'|^signature: it is of mallory"):
        verify(forged(OTHER, SIGNER.party.did, domain="a.example", challenge="r-1"))
    with pytest.raises(BadCredential, match=r"^subject: the proof is of did:web:a.example:agents:mallory"):
        verify(bare() | {"proof": signed(OTHER)["proof"]})
    with pytest.raises(BadCredential, match=r"^subject: this is the description of mallory@a.example"):
        verify(signed(OTHER))


def test_a_namesake_of_another_domain_and_a_ca_of_the_same_name_prove_nothing() -> None:
    abroad = MemoryDomain("b.example", clock=lambda: NOW).credentials("clinic")
    with pytest.raises(BadCredential, match=r"^subject: this is the description of clinic@b\.example"):
        verify(signed(abroad))
    impostor = MemoryDomain("a.example", clock=lambda: NOW).credentials("clinic")
    with pytest.raises(BadCredential, match=r"^signature: of did:web:a.example:agents:clinic"):
        verify(signed(impostor))


def test_a_service_of_the_domain_describes_no_agent() -> None:
    with pytest.raises(BadCredential, match=r"signature: it is of .* \(operator\)"):
        verify_document(signed(HOME.credentials("operator", Role.OPERATOR)), TRUST, NOW, SETTINGS)


def test_a_proof_for_another_domain_is_refused() -> None:
    with pytest.raises(BadCredential, match=r"^domain: the proof was made for 'b.example'"):
        verify(forged(SIGNER, domain="b.example", digest="x", challenge="r-1"))


def test_a_proof_for_another_registration_is_refused() -> None:
    for purpose in ("r-2", REGISTERING):
        with pytest.raises(Replayed, match="made for 'r-1'"):
            verify(signed(), purpose=purpose)


@pytest.mark.parametrize("late_s", [-SETTINGS.clock_skew_s - 1, 30 * DAY_S + SETTINGS.clock_skew_s + 1])
def test_a_proof_has_its_time(late_s: float) -> None:
    with pytest.raises(Expired):
        verify(signed(), NOW + late_s)


def test_what_a_revoked_certificate_signed_counts_no_more() -> None:
    document, trust = signed(), TrustStore(HOME.bundle)
    trust.deny("a.example", SIGNER.identity.serial)
    with pytest.raises(BadCredential, match="was revoked"):
        verify_document(document, trust, NOW, SETTINGS)


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (None, "^proof: the document has none"),
        ({"type": "DataIntegrityProof", "proofValue": "z1"}, "^malformed: the proof is not of the kind"),
        ({"type": "EnvelopedVerifiableCredential", "id": "data:application/vc+jwt,a.b"}, "^malformed: "),
    ],
)
def test_a_proof_of_another_kind_is_not_taken_for_one(proof: object, said: str) -> None:
    with pytest.raises(OverlayError, match=said):
        verify(bare() | {"proof": proof})
