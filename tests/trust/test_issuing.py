from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.errors import BadCertificate, Expired
from overlay.naming.ids import PartyId, link_name
from overlay.trust import issuing
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Role, identity_of, subject_of
from overlay.trust.issuing import Issuer, check_csr, make_csr, new_root
from overlay.trust.keys import SigningKey
from tests.forgery import DAY_S, CleanRoom, flipped

NOW = 1_800_000_000.0
ALICE = PartyId("alice", "a.example")


def _csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject_of(ALICE))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_a_certificate_says_what_was_asked_for() -> None:  # CA-3
    room = CleanRoom("a.example", NOW)
    key = SigningKey.generate().public
    skills, scopes = ("network.fault-diagnosis", "echo"), ("network.write",)
    attributes = Attributes(skills, "Smith & Söhne: 50 %", "repair", scopes)
    certificate = room.issuer.issue(key, ALICE, Role.AGENT, DAY_S, NOW, attributes=attributes)
    identity = room.store().verify(certificate, NOW)
    assert (identity.party, identity.role, identity.attributes) == (ALICE, Role.AGENT, attributes)
    assert identity.not_after == NOW + DAY_S
    assert certificate.public_key() == key


def test_a_certificate_never_outlives_its_root() -> None:
    root, key = new_root("a.example", DAY_S, NOW)
    certificate = Issuer(root, key).issue(SigningKey.generate().public, ALICE, Role.AGENT, 9 * DAY_S, NOW)
    assert identity_of(certificate).not_after == NOW + DAY_S


def test_what_was_made_for_another_time_than_was_decided_is_not_issued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # CA-3
    build = issuing._builder

    def longer(
        subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: float, end: float
    ) -> x509.CertificateBuilder:
        return build(subject, issuer, key, begin, end + DAY_S)

    monkeypatch.setattr(issuing, "_builder", longer)
    with pytest.raises(BadCertificate, match="another time than was decided"):
        CleanRoom("a.example", NOW).issuer.issue(SigningKey.generate().public, ALICE, Role.AGENT, DAY_S, NOW)


def test_an_expired_root_issues_nothing() -> None:
    root, key = new_root("a.example", DAY_S, NOW)
    with pytest.raises(Expired):
        Issuer(root, key).issue(SigningKey.generate().public, ALICE, Role.AGENT, DAY_S, NOW + 2 * DAY_S)


def test_a_root_needs_its_own_key() -> None:
    root, _ = new_root("a.example", DAY_S, NOW)
    with pytest.raises(BadCertificate, match="not the key of this root"):
        Issuer(root, SigningKey.generate())


def test_the_issuer_keeps_to_its_domain_and_to_the_names_of_each_role() -> None:
    issuer = CleanRoom("a.example", NOW).issuer
    key = SigningKey.generate().public
    wrong = [
        (PartyId("alice", "b.example"), Role.AGENT, ""),
        (PartyId("ca", "a.example"), Role.AGENT, ""),
        (PartyId("alice", "a.example"), Role.SERVICE, ""),
        (PartyId("alice", "a.example"), Role.GATEWAY, ""),
        (PartyId("alice", "a.example"), Role.OPERATOR, ""),
        (PartyId("alice", "a.example"), Role.JOIN, ""),
        (PartyId("gw", "a.example"), Role.SERVICE, ""),
        (PartyId("alice", "a.example"), Role.AGENT, "b.example"),
        (PartyId(link_name("c.example"), "a.example"), Role.LINK, "b.example"),
    ]
    for party, role, peer in wrong:
        with pytest.raises(BadCertificate):
            issuer.issue(key, party, role, DAY_S, NOW, peer=peer)


def test_only_p256_keys_are_certified() -> None:
    weak = ec.generate_private_key(ec.SECP224R1()).public_key()
    with pytest.raises(BadCertificate, match="P-256"):
        CleanRoom("a.example", NOW).issuer.issue(weak, ALICE, Role.AGENT, DAY_S, NOW)


def test_a_request_gives_its_key() -> None:  # CA-1
    key = SigningKey.generate()
    assert check_csr(make_csr(key, ALICE), ALICE) == key.public


def test_a_request_for_somebody_else_is_refused() -> None:  # CA-2
    pem = make_csr(SigningKey.generate(), ALICE)
    with pytest.raises(BadCertificate, match="subject"):
        check_csr(pem, PartyId("bob", "a.example"))


def test_requests_with_weak_keys_are_refused() -> None:  # CA-2
    weak = (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP224R1()))
    for key in weak:
        with pytest.raises(BadCertificate, match="key policy"):
            check_csr(_csr(key))


def test_a_request_not_signed_by_its_own_key_is_refused() -> None:  # CA-2
    der = x509.load_pem_x509_csr(make_csr(SigningKey.generate(), ALICE)).public_bytes(Encoding.DER)
    forged = x509.load_der_x509_csr(flipped(der, len(der) * 8 - 1)).public_bytes(Encoding.PEM)
    with pytest.raises(BadCertificate, match="self-signature"):
        check_csr(forged)


def test_a_request_that_is_none_is_refused() -> None:
    for pem in (
        b"",
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        b"x" * 99999,
    ):
        with pytest.raises(BadCertificate, match="certificate request"):
            check_csr(pem)
