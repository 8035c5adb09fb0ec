"""Join tokens, and what the CA refuses with them; each refusal names its check."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca.protocol import Apply, AskStatus, Reason, Revoke, State
from overlay.errors import BadCertificate, Expired, NotFound, Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.identity import Role, subject_of
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.office import BOSS, DOMAIN, Office, application, joiner


def test_a_newcomer_becomes_the_agent_its_token_is_for(office: Office) -> None:  # CA-1, CA-3
    key = SigningKey.generate()
    issued = office.enrolment.apply(
        joiner(office.invite("alice", "net")), application("alice", "net.fault", key=key)
    )
    certificate = x509.load_der_x509_certificate(issued.der)
    trust = TrustStore(TrustBundle(DOMAIN, (office.issuer.root,)))
    identity = trust.verify(certificate, office.clock())
    assert (identity.party, identity.role, identity.skills) == (
        PartyId("alice", DOMAIN),
        Role.AGENT,
        ("net.fault",),
    )
    assert certificate.public_key() == key.public


def test_the_same_key_gets_the_same_certificate_again_when_the_answer_was_lost(office: Office) -> None:
    key, holder = SigningKey.generate(), joiner(office.invite("alice"))
    first = office.enrolment.apply(holder, application("alice", key=key))
    assert office.enrolment.apply(holder, application("alice", key=key)).der == first.der


def test_a_spent_token_gives_nothing_to_another_key(office: Office) -> None:
    holder = joiner(office.invite("alice"))
    office.enrolment.apply(holder, application("alice"))
    with pytest.raises(Refused, match=r"^token: it is spent, by another key"):
        office.enrolment.apply(holder, application("alice"))


def test_a_spent_token_does_not_bring_a_revoked_certificate_back(office: Office) -> None:
    key, holder = SigningKey.generate(), joiner(office.invite("alice"))
    office.enrolment.apply(holder, application("alice", key=key))
    office.authority.revoke(office.operator(), Revoke(Reason.KEY_COMPROMISE, name="alice"))
    with pytest.raises(Refused, match=r"^token: it is spent, and its certificate was revoked"):
        office.enrolment.apply(holder, application("alice", key=key))


def test_an_expired_token_is_refused(office: Office) -> None:
    holder = joiner(office.invite("alice", lifetime_s=60))
    office.clock.now += 61
    with pytest.raises(Expired, match=r"^token: it has expired"):
        office.enrolment.apply(holder, application("alice"))


def test_a_guessed_token_is_refused(office: Office) -> None:
    holder = joiner(office.invite("alice"))
    guessed = replace(holder, party=PartyId("join-0123456789abcdef01234567", DOMAIN))
    with pytest.raises(NotFound, match=r"^token: this CA made no such"):
        office.enrolment.apply(guessed, application("alice"))


def test_a_token_is_bound_to_its_own_enrolment_certificate(office: Office) -> None:
    holder, other = joiner(office.invite("alice")), joiner(office.invite("bob"))
    with pytest.raises(NotFound, match=r"^token: this CA made no such"):
        office.enrolment.apply(replace(holder, serial=other.serial), application("alice"))


def test_a_token_for_another_name_is_refused(office: Office) -> None:
    with pytest.raises(Refused, match=r"^name: the token is for 'alice', not for 'mallory'"):
        office.enrolment.apply(joiner(office.invite("alice")), application("mallory"))


def test_a_revoked_token_is_refused(office: Office) -> None:
    holder = joiner(office.invite("alice"))
    ask = Revoke(Reason.WITHDRAWN, serial=format(holder.serial, "x"))
    office.authority.revoke(office.operator(), ask)
    with pytest.raises(Refused, match=r"^token: it was revoked"):
        office.enrolment.apply(holder, application("alice"))


def test_an_agent_cannot_apply_a_second_time_with_its_own_certificate(office: Office) -> None:
    alice = office.enrol("alice").identity
    with pytest.raises(Refused, match=r"^token: alice@a.example is no holder"):
        office.enrolment.apply(alice, application("alice"))


def test_skills_outside_of_the_token_are_refused(office: Office) -> None:  # CA-2
    with pytest.raises(Refused, match=r"^skills: 'network' is outside of what the token permits \(net\)"):
        office.enrolment.apply(joiner(office.invite("alice", "net")), application("alice", "network"))


def test_another_organisation_than_the_token_says_is_refused(office: Office) -> None:  # CA-2
    holder = joiner(office.invite("alice", organisation="acme"))
    with pytest.raises(Refused, match=r"^organisation: the token is for 'acme'"):
        office.enrolment.apply(holder, application("alice", organisation="evil"))
    assert office.enrolment.apply(holder, application("alice", organisation="acme")).organisation == "acme"


def test_a_key_on_another_curve_is_refused(office: Office) -> None:  # CA-2
    weak = ec.generate_private_key(ec.SECP224R1())
    name = subject_of(PartyId("alice", DOMAIN))
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(weak, hashes.SHA256())
    csr = request.public_bytes(serialization.Encoding.PEM)
    with pytest.raises(BadCertificate, match="key policy"):
        office.enrolment.apply(joiner(office.invite("alice")), Apply("alice", csr))


def test_a_request_that_its_key_did_not_sign_is_refused(office: Office) -> None:  # CA-2
    csr = make_csr(SigningKey.generate(), PartyId("alice", DOMAIN))
    der = bytearray(x509.load_pem_x509_csr(csr).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(BadCertificate, match="self-signature"):
        office.enrolment.apply(joiner(office.invite("alice")), Apply("alice", forged))


def test_the_key_of_somebody_else_is_refused(office: Office) -> None:  # CA-2
    key = SigningKey.generate()
    office.enrol("alice", key=key)
    with pytest.raises(Refused, match=r"^key: another party was certified for this key"):
        office.enrol("bob", key=key)


def test_a_key_that_leaked_is_refused_even_to_its_owner(office: Office) -> None:  # CA-2
    key = SigningKey.generate()
    office.enrol("alice", key=key)
    office.authority.revoke(office.operator(), Revoke(Reason.KEY_COMPROMISE, name="alice"))
    with pytest.raises(Refused, match=r"^key: it was revoked as leaked"):
        office.enrol("alice", key=key)


@pytest.mark.parametrize("name", ["ca", "operator", "link-1", "join-1", "Alice", "a.b"])
def test_no_token_is_made_for_a_name_that_no_agent_may_have(office: Office, name: str) -> None:
    with pytest.raises(Refused, match=r"^name:"):
        office.invite(name)


def test_a_taken_name_needs_a_token_made_with_again_which_revokes_the_former_holder(office: Office) -> None:
    former = office.enrol("alice")
    with pytest.raises(Refused, match=r"^name: 'alice' is taken"):
        office.invite("alice")
    new = office.enrol("alice", again=True)
    status = office.authority.status(BOSS, AskStatus(serial=former.serial))
    assert (status.state, status.reason) == (State.REVOKED, Reason.SUPERSEDED)
    assert office.authority.status(BOSS, AskStatus(name="alice")).serial == new.serial


def test_of_two_tokens_for_one_name_the_second_comes_too_late(office: Office) -> None:
    first, second = joiner(office.invite("alice")), joiner(office.invite("alice"))
    office.enrolment.apply(first, application("alice"))
    with pytest.raises(Refused, match=r"^name: 'alice' is taken"):
        office.enrolment.apply(second, application("alice"))


def test_a_revocation_ends_the_tokens_of_that_name_that_were_made_before(office: Office) -> None:
    first, second = office.invite("alice"), office.invite("alice", again=True)
    alice = office.enrolment.apply(joiner(first), application("alice"))
    office.clock.now += 1
    office.authority.revoke(alice.identity, Revoke(Reason.SUPERSEDED, name="alice"))
    office.authority.revoke(office.operator(), Revoke(Reason.WITHDRAWN, name="alice"))
    with pytest.raises(Refused, match=r"^token: 'alice' was revoked after this token was made"):
        office.enrolment.apply(joiner(second), application("alice"))
    office.clock.now += 1
    assert office.enrol("alice", again=True).identity.party.name == "alice"


def test_a_token_cannot_be_made_to_last_longer_than_the_limit(office: Office) -> None:
    with pytest.raises(Refused, match=r"^lifetime:"):
        office.invite("alice", lifetime_s=office.settings.join_token_max_s + 1)


def test_the_number_of_open_tokens_is_bounded(office: Office) -> None:
    office.settings = Settings(join_tokens_open=1)
    office.reopen()
    office.invite("alice", lifetime_s=60)
    with pytest.raises(Overloaded, match="join_tokens_open"):
        office.invite("bob")
    office.clock.now += 61
    office.invite("bob")
