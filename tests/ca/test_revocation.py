"""How trust ends: epochs, the published list, whose certificates may be ended, and how the domain hears."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509

from overlay.ca.protocol import DeniedList, Reason, Revoke
from overlay.ca.revocation.crl import PublishedCrl
from overlay.ca.revocation.denials import Denials
from overlay.errors import BadInput, NotFound, Refused, Replayed
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keys import SigningKey
from overlay.trust.revocation_list import read_revocation_list
from tests.ca.office import DAY, DOMAIN, Office, application, joiner

HOUR = 3600.0


def crl_of(office: Office) -> Callable[[], tuple[int, x509.CertificateRevocationList]]:
    """The office's list, read and checked."""
    published = PublishedCrl(office.store, office.settings, office.clock)

    def current() -> tuple[int, x509.CertificateRevocationList]:
        number, pem = published.current([office.issuer])
        found = read_revocation_list(pem, office.issuer.root)
        assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == number
        return number, found

    return current


def store_of(office: Office) -> TrustStore:
    return TrustStore(TrustBundle(DOMAIN, (office.issuer.root,)))


def test_nobody_has_the_ca_sign_an_epoch_that_has_not_been(office: Office) -> None:
    office.enrol("alice")
    office.authority.revoke(office.operator(), Revoke(Reason.RETIRED, name="alice"))
    for since in (2, 1 << 62, (1 << 64) - 1):
        assert office.authority.denied_after(since) == DeniedList(1, (), 1, 1)
    assert office.authority.denied_after(-5).since == 0


def test_each_revocation_is_on_the_published_list_with_its_date_and_reason(office: Office) -> None:  # CA-6
    boss, alice, bob = office.operator(), office.enrol("alice"), office.enrol("bob")
    current = crl_of(office)
    assert list(current()[1]) == []
    office.authority.revoke(boss, Revoke(Reason.KEY_COMPROMISE, name="alice"))
    first, _ = current()
    office.clock.now += 10
    office.authority.revoke(boss, Revoke(Reason.RETIRED, name="bob"))
    second, found = current()
    assert second > first
    entries = {format(entry.serial_number, "x"): entry for entry in found}
    assert set(entries) == {alice.serial, bob.serial}
    assert entries[bob.serial].revocation_date_utc.timestamp() == office.clock.now
    reasons = {
        serial: entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        for serial, entry in entries.items()
    }
    assert reasons == {
        alice.serial: x509.ReasonFlags.key_compromise,
        bob.serial: x509.ReasonFlags.cessation_of_operation,
    }


def test_a_new_list_takes_the_place_of_one_that_would_end_and_expired_entries_leave_it(
    office: Office,
) -> None:
    boss, alice = office.operator(), office.enrol("alice")
    office.authority.revoke(boss, Revoke(Reason.RETIRED, name="alice"))
    current = crl_of(office)
    first, found = current()
    assert current()[0] == first
    assert len(found) == 1
    office.clock.now += office.settings.crl_hours * HOUR / 2
    office.reopen()
    second, found = crl_of(office)()
    assert second == first + 1
    assert found.next_update_utc is not None
    assert found.next_update_utc.timestamp() == office.clock.now + office.settings.crl_hours * HOUR
    office.clock.now = alice.not_after + 1
    assert list(crl_of(office)()[1]) == []
    office.authority.revoke(boss, Revoke(Reason.RETIRED, serial=office.enrol("bob").serial))
    assert office.store.revocations.last() > second


def test_while_two_roots_are_trusted_there_is_a_list_by_each(office: Office) -> None:
    other = Issuer(*new_root(DOMAIN, 3650 * DAY, office.clock()))
    office.authority.revoke(office.operator(), Revoke(Reason.RETIRED, serial=office.enrol("alice").serial))
    published = PublishedCrl(office.store, office.settings, office.clock)
    alone, _ = published.current([office.issuer])
    number, pem = published.current([office.issuer, other])
    assert number > alone
    end = b"-----END X509 CRL-----\n"
    lists = [part + end for part in pem.split(end) if part]
    for issuer, part in zip((office.issuer, other), lists, strict=True):
        assert len(read_revocation_list(part, issuer.root)) == 1


def test_an_organisation_that_is_deregistered_ends_with_all_its_agents(office: Office) -> None:  # CA-6
    for name, organisation in (("alice", "acme"), ("bob", "acme"), ("carol", "other")):
        invitation = office.invite(name, organisation=organisation)
        office.enrolment.apply(joiner(invitation), application(name, organisation=organisation))
    with pytest.raises(Refused, match=r"^permission: only the operator"):
        office.authority.revoke(
            office.store.valid_of("carol", office.clock())[0].identity,
            Revoke(Reason.DEREGISTERED, organisation="acme"),
        )
    boss = office.operator()
    with pytest.raises(BadInput, match="one of the three"):
        office.authority.revoke(boss, Revoke(Reason.DEREGISTERED, name="bob", organisation="acme"))
    ended = office.authority.revoke(boss, Revoke(Reason.DEREGISTERED, organisation="acme"))
    assert {item.identity.party.name for item in ended} == {"alice", "bob"}
    assert office.store.valid_of("carol", office.clock())
    with pytest.raises(NotFound, match="organisation: nobody of 'acme'"):
        office.authority.revoke(boss, Revoke(Reason.DEREGISTERED, organisation="acme"))


def test_of_the_domains_own_only_a_certificate_that_was_replaced_is_revoked(office: Office) -> None:  # CA-6
    boss = office.operator()
    old, new = [
        office.authority.issue_for_domain(SigningKey.generate().public, "gw", Role.GATEWAY) for _ in range(2)
    ]
    for ask in (Revoke(Reason.SUPERSEDED, name="gw"), Revoke(Reason.SUPERSEDED, serial=new.serial)):
        with pytest.raises(Refused, match=r"^permission: .* is the domain's own"):
            office.authority.revoke(boss, ask)
    office.authority.revoke(boss, Revoke(Reason.KEY_COMPROMISE, serial=old.serial))
    assert office.authority.denied().serials == (old.serial,)


def test_the_list_comes_in_pages_that_join_without_a_gap(office: Office) -> None:
    office.settings = Settings(denied_page=2)
    office.reopen()
    boss = office.operator()
    serials = [office.enrol(name).serial for name in ("a1", "a2", "a3", "a4", "a5")]
    for serial in serials:
        office.authority.revoke(boss, Revoke(Reason.RETIRED, serial=serial))
    store = store_of(office)
    denials = Denials(store)
    rounds = 0
    while not rounds or not denials.complete:
        denials.take(office.authority.denied_after(denials.epoch))
        rounds += 1
    assert rounds == 3
    assert all(store.denies(DOMAIN, int(serial, 16)) for serial in serials)


def test_a_gap_is_noticed_and_closed(office: Office) -> None:  # CA-6
    store = store_of(office)
    denials = Denials(store)
    denials.take(DeniedList(1, ("a1",), 0, 1))
    denials.take(DeniedList(3, ("c3",), 2, 3))
    assert (denials.epoch, denials.newest) == (1, 3)
    assert store.denies(DOMAIN, 0xC3)
    denials.take(DeniedList(3, ("b2", "c3"), 1, 3))
    assert (denials.epoch, denials.complete) == (3, True)
    assert store.denies(DOMAIN, 0xB2)


def test_a_list_that_was_rolled_back_is_refused(office: Office) -> None:  # CA-6
    store = store_of(office)
    denials = Denials(store)
    denials.take(DeniedList(3, ("a1", "b2", "c3"), 0, 3))
    with pytest.raises(Replayed, match="epoch 2 came after one of 3"):
        denials.take(DeniedList(2, ("a1", "b2"), 0, 2))
    assert denials.epoch == 3
    assert store.denies(DOMAIN, 0xC3)
    denials.take(DeniedList(3, ("a1", "b2", "c3"), 0, 3))  # the same once more is no news, and no attack


def test_who_knows_the_past_from_elsewhere_asks_only_for_what_it_misses_from_then_on(office: Office) -> None:
    denials = Denials(store_of(office), from_now=True)
    denials.take(DeniedList(70, ("a1",), 69, 70))
    assert denials.complete
    denials.take(DeniedList(72, ("b2",), 71, 72))
    assert not denials.complete
