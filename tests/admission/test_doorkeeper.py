"""From a certificate to an identity or a refusal."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.admission.doorkeeper import FOREIGN, NO_CERTIFICATE, REVOKED, Admitted, Doorkeeper, Refusal
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Role
from tests.brokers.certificates import DAY_S, Ca


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Ca:
    return Ca(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def trust(ca: Ca) -> TrustStore:
    return TrustStore(ca.bundle)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _reason(trust: TrustStore, pem: bytes, now: float | None = None) -> str:
    verdict = Doorkeeper(trust).decide(pem, time.time() if now is None else now)
    assert isinstance(verdict, Refusal), verdict
    assert verdict.text
    return verdict.reason


def test_a_good_certificate_comes_in_with_the_grant_of_its_role(ca: Ca, trust: TrustStore) -> None:
    certificate, _ = ca.certificate("gw", Role.GATEWAY)
    verdict = Doorkeeper(trust).decide(_pem(certificate), time.time())
    assert isinstance(verdict, Admitted)
    assert (verdict.identity.role, verdict.grant.name) == (Role.GATEWAY, "gw")


def test_a_denied_certificate_is_refused_and_another_of_that_party_is_not(ca: Ca, trust: TrustStore) -> None:
    old, _ = ca.certificate("alice")
    new, _ = ca.certificate("alice")
    trust.deny(ca.domain, old.serial_number)
    assert _reason(trust, _pem(old)) == REVOKED
    assert isinstance(Doorkeeper(trust).decide(_pem(new), time.time()), Admitted)


def test_an_expired_certificate_is_refused(ca: Ca, trust: TrustStore) -> None:
    certificate, _ = ca.certificate("alice", lifetime_s=60)
    assert _reason(trust, _pem(certificate), time.time() + DAY_S) == "expired"


def test_a_root_of_the_same_domain_that_is_not_pinned_opens_nothing(
    tmp_path: Path, trust: TrustStore
) -> None:
    certificate, _ = Ca(tmp_path).certificate("alice")
    assert _reason(trust, _pem(certificate)) == "bad-certificate"


def test_another_domain_is_refused_even_when_its_roots_are_pinned(tmp_path: Path, trust: TrustStore) -> None:
    foreign = Ca(tmp_path, "b.example")
    trust.add(foreign.bundle)
    certificate, _ = foreign.certificate("alice")
    assert _reason(trust, _pem(certificate)) == FOREIGN


def test_roots_and_servers_do_not_log_in(ca: Ca, trust: TrustStore) -> None:
    server, _ = ca.certificate("broker", Role.BROKER)
    assert _reason(trust, _pem(server)) == "refused"
    assert _reason(trust, _pem(ca.root)) == "bad-certificate"


def test_what_is_no_certificate_is_refused(trust: TrustStore) -> None:
    assert _reason(trust, b"") == NO_CERTIFICATE
    assert _reason(trust, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") == "bad-input"
