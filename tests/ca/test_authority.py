"""Status, renewal, revocation, links, and that all of it outlives a restart."""

from __future__ import annotations

import pytest
from cryptography import x509

from overlay.ca.protocol import AskList, AskStatus, Reason, Revoke, State
from overlay.errors import BadInput, NotFound, Refused
from overlay.naming.ids import PartyId, link_name
from overlay.settings import Settings
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.office import BOSS, DAY, DOMAIN, Office, application, joiner

ALICE = PartyId("alice", DOMAIN)


def test_status_tells_valid_expired_revoked_and_unknown_apart(office: Office) -> None:  # CA-4
    alice, bob = office.enrol("alice", "net"), office.enrol("bob")

    def state(serial: str) -> State:
        return office.authority.status(BOSS, AskStatus(serial=serial)).state

    assert (state(alice.serial), state("abc")) == (State.VALID, State.UNKNOWN)
    office.clock.now += 5
    office.authority.revoke(bob.identity, Revoke(Reason.RETIRED, serial=bob.serial))
    status = office.authority.status(BOSS, AskStatus(name="bob"))
    assert (status.state, status.reason, status.revoked_at) == (State.REVOKED, "retired", office.clock())
    office.clock.now += 91 * DAY
    assert (state(alice.serial), state(bob.serial)) == (State.EXPIRED, State.REVOKED)


def test_status_wants_a_serial_or_a_name(office: Office) -> None:
    with pytest.raises(BadInput, match="one of the two"):
        office.authority.status(BOSS, AskStatus())


def test_renewal_keeps_name_and_skills_and_the_old_certificate_valid(office: Office) -> None:  # CA-5
    key = SigningKey.generate()
    old = office.enrol("alice", "net", key=key)
    office.clock.now += 60 * DAY
    same_key = office.authority.renew(old.identity, make_csr(key, ALICE))
    other_key = office.authority.renew(same_key.identity, make_csr(SigningKey.generate(), ALICE))
    for new in (same_key, other_key):
        assert (new.identity.party, new.identity.skills) == (ALICE, ("net",))
        assert new.not_after > old.not_after
    assert len(office.store.valid_of("alice", office.clock())) == 3


def test_only_a_valid_certificate_renews(office: Office) -> None:  # CA-5
    alice = office.enrol("alice")
    office.authority.revoke(alice.identity, Revoke(Reason.KEY_COMPROMISE, name="alice"))
    with pytest.raises(Refused, match=r"^certificate: only the holder of a valid one"):
        office.authority.renew(alice.identity, make_csr(SigningKey.generate(), ALICE))


def test_a_join_token_cannot_be_renewed(office: Office) -> None:
    holder = joiner(office.invite("alice"))
    with pytest.raises(Refused, match=r"^certificate: only the holder"):
        office.authority.renew(holder, make_csr(SigningKey.generate(), holder.party))


def test_the_number_of_valid_certificates_of_one_name_is_bounded(office: Office) -> None:
    office.settings = Settings(ca_valid_per_name=2)
    office.reopen()
    alice = office.enrol("alice").identity
    office.authority.renew(alice, make_csr(SigningKey.generate(), ALICE))
    with pytest.raises(Refused, match="ca_valid_per_name"):
        office.authority.renew(alice, make_csr(SigningKey.generate(), ALICE))


def test_an_agent_revokes_itself_and_nobody_else(office: Office) -> None:  # CA-6
    alice, bob = office.enrol("alice"), office.enrol("bob")
    with pytest.raises(Refused, match=r"^permission: only bob@a.example itself"):
        office.authority.revoke(alice.identity, Revoke(Reason.WITHDRAWN, name="bob"))
    office.authority.revoke(bob.identity, Revoke(Reason.RETIRED, name="bob"))
    assert office.authority.denied().serials == (bob.serial,)


def test_the_operator_revokes_all_certificates_of_a_name_and_twice_changes_nothing(office: Office) -> None:
    first = office.enrol("alice")
    second = office.authority.renew(first.identity, make_csr(SigningKey.generate(), ALICE))
    boss = office.operator()
    for reason in (Reason.KEY_COMPROMISE, Reason.RETIRED):
        office.authority.revoke(boss, Revoke(reason, name="alice"))
        office.clock.now += 1
    denied = office.authority.denied()
    assert (denied.epoch, denied.serials) == (2, (first.serial, second.serial))
    assert office.authority.status(BOSS, AskStatus(serial=first.serial)).reason == "key-compromise"


@pytest.mark.parametrize(
    ("name", "role"),
    [("ca", Role.SERVICE), ("gw", Role.GATEWAY), ("operator", Role.OPERATOR)],
)
def test_nobody_kills_the_domain_by_revoking_a_part_of_it(office: Office, name: str, role: Role) -> None:
    boss = office.operator()
    own = office.authority.issue_for_domain(SigningKey.generate().public, name, role)
    for ask in (Revoke(Reason.RETIRED, name=name), Revoke(Reason.RETIRED, serial=own.serial)):
        with pytest.raises(Refused, match=r"^permission: .* is the domain's own"):
            office.authority.revoke(boss, ask)
    assert office.authority.denied().serials == ()


def test_revoking_an_unknown_certificate_says_so(office: Office) -> None:
    with pytest.raises(NotFound, match=r"^certificate: this CA issued none to 'ghost'"):
        office.authority.revoke(office.operator(), Revoke(Reason.RETIRED, name="ghost"))


def test_a_link_certificate_names_its_peer_and_is_never_for_our_own_domain(office: Office) -> None:
    csr = make_csr(SigningKey.generate(), PartyId("gw", "b.example"))
    identity = office.authority.link(BOSS, "b.example", csr).identity
    assert (identity.role, identity.peer) == (Role.LINK, "b.example")
    assert identity.party == PartyId(link_name("b.example"), DOMAIN)
    with pytest.raises(Refused, match=r"^domain:"):
        office.authority.link(BOSS, DOMAIN, csr)


def test_the_founder_certifies_services_and_no_agents(office: Office) -> None:
    made = office.authority.issue_for_domain(
        SigningKey.generate().public, "broker", Role.BROKER, hosts=("broker.a.example",)
    )
    certificate = x509.load_der_x509_certificate(made.der)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["broker.a.example"]
    with pytest.raises(Refused, match=r"^role:"):
        office.authority.issue_for_domain(SigningKey.generate().public, "alice", Role.AGENT)


def test_a_restart_keeps_everything(office: Office) -> None:
    alice, spent = office.enrol("alice"), office.invite("bob")
    office.enrolment.apply(joiner(spent), application("bob"))
    office.authority.revoke(alice.identity, Revoke(Reason.RETIRED, name="alice"))
    before = office.authority.page(BOSS, AskList(joins=True))
    office.reopen()
    assert office.authority.page(BOSS, AskList(joins=True)) == before
    assert [item.serial for item in office.store.untold()] == [alice.serial]
    with pytest.raises(Refused, match=r"^token: it is spent"):
        office.enrolment.apply(joiner(spent), application("bob"))


def test_the_list_comes_in_pages(office: Office) -> None:
    office.settings = Settings(ca_page=2)
    office.reopen()
    for name in ("alice", "bob", "carol"):
        office.enrol(name)
    first = office.authority.page(BOSS, AskList())
    second = office.authority.page(BOSS, AskList(first.next))
    parties = [status.party for status in (*first.certificates, *second.certificates)]
    assert parties == ["alice@a.example", "bob@a.example", "carol@a.example"]
    assert second.next == 0
