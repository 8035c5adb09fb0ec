"""When certificates are renewed (CA-5)."""

from __future__ import annotations

from cryptography import x509

from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.identity import Role
from overlay.trust.issuing import BACKDATE_S, Issuer, new_root
from overlay.trust.keys import SigningKey
from overlay.trust.renewal_time import renewal_due, renewal_time

NOW = 1_900_000_000.0
DAY = 86400.0
SETTINGS = Settings(renew_after_fraction=0.5, renew_spread=0.1)


def _issued(issuer: Issuer, lifetime_s: float = 10 * DAY) -> x509.Certificate:
    party = PartyId.of("alice", "a.example")
    return issuer.issue(SigningKey.generate().public, party, Role.AGENT, lifetime_s, NOW)


def test_a_certificate_is_due_after_its_part_of_the_lifetime_and_within_the_spread() -> None:
    issuer = Issuer(*new_root("a.example", 100 * DAY, NOW))
    certificate = _issued(issuer)
    assert not renewal_due(certificate, [issuer.root], NOW + 5 * DAY - 1, SETTINGS)
    assert renewal_due(certificate, [issuer.root], NOW + 6 * DAY, SETTINGS)


def test_a_short_lifetime_counts_from_the_moment_of_issuing_not_from_the_backdated_begin() -> None:
    issuer = Issuer(*new_root("a.example", 100 * DAY, NOW))
    certificate = _issued(issuer, lifetime_s=BACKDATE_S)
    assert renewal_time(certificate, SETTINGS) >= NOW + BACKDATE_S / 2


def test_certificates_issued_together_are_not_all_due_at_once() -> None:
    issuer = Issuer(*new_root("a.example", 100 * DAY, NOW))
    times = {renewal_time(_issued(issuer), SETTINGS) for _ in range(4)}
    assert len(times) == 4


def test_a_certificate_of_another_root_than_the_newest_is_due_at_once() -> None:
    old = Issuer(*new_root("a.example", 100 * DAY, NOW))
    new = Issuer(*new_root("a.example", 100 * DAY, NOW))
    roots = [new.root, old.root]
    assert renewal_due(_issued(old), roots, NOW, SETTINGS)
    assert not renewal_due(_issued(new), roots, NOW, SETTINGS)
