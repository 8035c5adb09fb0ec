"""A wrongly revoked identity comes back, and nobody else does (CA-7)."""

from __future__ import annotations

import pytest

from overlay.ca.entries import Certificate
from overlay.ca.protocol import AskStatus, Reason, Revoke, State
from overlay.ca.revocation.denied_file import DeniedFile
from overlay.ca.revocation.protocol import Reclaim, Restore
from overlay.ca.revocation.recovery import Permission
from overlay.errors import BadCertificate, BadInput, Expired, NotFound, Refused
from overlay.naming.ids import PartyId
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.office import BOSS, DOMAIN, Office, joiner

ALICE = PartyId("alice", DOMAIN)


def revoked(office: Office, key: SigningKey, reason: Reason = Reason.WITHDRAWN) -> Certificate:
    """Alice, wrongly revoked."""
    item = office.enrol("alice", "net", key=key)
    office.authority.revoke(office.operator(), Revoke(reason, name="alice"))
    return item


def permitted(office: Office) -> Permission:
    return office.authority.recovery.permit(BOSS, Restore("alice"))


def reclaimed(office: Office, permission: Permission, key: SigningKey) -> Certificate:
    holder = permission.certificate.identity
    entry, _ = office.authority.recovery.reclaim(holder, Reclaim("alice", make_csr(key, ALICE)))
    return entry


def test_the_holder_gets_another_certificate_for_its_key_with_what_the_first_one_said(office: Office) -> None:
    key = SigningKey.generate()
    old = revoked(office, key)
    office.clock.now += 60
    new = reclaimed(office, permitted(office), key)
    assert (new.key, new.identity.attributes) == (old.key, old.identity.attributes)
    assert new.serial != old.serial
    before = office.authority.status(BOSS, AskStatus(serial=old.serial))
    assert (before.state, before.restored_at) == (State.REVOKED, office.clock.now)
    assert office.authority.status(BOSS, AskStatus(name="alice")).state is State.VALID


def test_an_answer_that_was_lost_is_given_again_to_the_same_key_only(office: Office) -> None:
    key = SigningKey.generate()
    revoked(office, key)
    permission = permitted(office)
    first = reclaimed(office, permission, key)
    assert reclaimed(office, permission, key).serial == first.serial
    with pytest.raises(Refused, match=r"^token: it is spent, by another key"):
        reclaimed(office, permission, SigningKey.generate())


def test_the_name_comes_back_to_its_own_key_and_to_no_other(office: Office) -> None:
    revoked(office, SigningKey.generate())
    with pytest.raises(Refused, match=r"^key: the name comes back to the key that it had"):
        reclaimed(office, permitted(office), SigningKey.generate())


def test_a_key_that_leaked_never_comes_back_but_its_holder_does_with_another(office: Office) -> None:
    leaked = SigningKey.generate()
    revoked(office, leaked, Reason.KEY_COMPROMISE)
    permission = permitted(office)
    assert not permission.restoration.key
    with pytest.raises(Refused, match=r"^key: it was revoked as leaked"):
        reclaimed(office, permission, leaked)
    fresh = SigningKey.generate()
    assert reclaimed(office, permission, fresh).identity.party == ALICE


def test_only_a_revoked_agent_without_a_successor_is_restored(office: Office) -> None:
    with pytest.raises(NotFound, match=r"^certificate: this CA never issued a certificate to 'alice'"):
        permitted(office)
    with pytest.raises(Refused, match=r"^name: 'gw' is reserved"):
        office.authority.recovery.permit(BOSS, Restore("gw"))
    alice = office.enrol("alice")
    with pytest.raises(BadInput, match=r"^alice is not revoked: its certificate .* is valid"):
        permitted(office)
    office.clock.now = alice.not_after + 1
    with pytest.raises(BadInput, match="was not revoked, its certificate expired"):
        permitted(office)
    office.clock.now = alice.issued_at
    office.enrol("alice", again=True)
    with pytest.raises(Refused, match=r"^name: 'alice' is taken"):
        office.authority.recovery.permit(BOSS, Restore("alice", alice.serial))


def test_somebody_who_took_the_name_meanwhile_keeps_it(office: Office) -> None:
    key = SigningKey.generate()
    revoked(office, key)
    permission = permitted(office)
    office.enrol("alice")
    with pytest.raises(Refused, match=r"^name: 'alice' is taken"):
        reclaimed(office, permission, key)


def test_a_second_restoring_token_does_not_outlive_a_second_revocation(office: Office) -> None:
    key = SigningKey.generate()
    revoked(office, key)
    used, kept = permitted(office), permitted(office)
    reclaimed(office, used, key)
    office.authority.revoke(office.operator(), Revoke(Reason.WITHDRAWN, name="alice"))
    with pytest.raises(Refused, match=r"^token: 'alice' was certified, and ended, after this token"):
        reclaimed(office, kept, key)
    assert reclaimed(office, permitted(office), key).identity.party == ALICE


def test_that_a_key_leaked_may_be_found_out_after_its_thief_revoked_it_for_less(office: Office) -> None:
    key = SigningKey.generate()
    alice = office.enrol("alice", key=key)
    office.authority.revoke(alice.identity, Revoke(Reason.RETIRED, name="alice"))
    permission = permitted(office)
    office.authority.revoke(office.operator(), Revoke(Reason.KEY_COMPROMISE, name="alice"))
    with pytest.raises(Refused, match=r"^key: it was revoked as leaked"):
        reclaimed(office, permission, key)
    assert not permitted(office).restoration.key


def test_a_restoring_token_is_for_one_name_and_a_while(office: Office) -> None:
    key = SigningKey.generate()
    revoked(office, key)
    permission = permitted(office)
    holder, recovery = permission.certificate.identity, office.authority.recovery
    bob = PartyId("bob", DOMAIN)
    with pytest.raises(Refused, match=r"^name: the token is for 'alice'"):
        recovery.reclaim(holder, Reclaim("bob", make_csr(key, bob)))
    with pytest.raises(BadCertificate):
        recovery.reclaim(holder, Reclaim("alice", make_csr(key, bob)))
    with pytest.raises(NotFound, match=r"^token: this CA made no such restoring token"):
        recovery.reclaim(joiner(office.invite("carol")), Reclaim("carol", b""))
    agent = office.enrol("dave").identity
    assert agent.role is Role.AGENT
    with pytest.raises(Refused, match=r"^token: dave@a.example is no holder"):
        recovery.reclaim(agent, Reclaim("alice", b""))
    office.clock.now = permission.restoration.expires_at
    with pytest.raises(Expired, match=r"^token: it has expired"):
        reclaimed(office, permission, key)


def test_a_finished_restoring_token_is_denied_like_what_was_revoked(office: Office) -> None:
    key = SigningKey.generate()
    old = revoked(office, key)
    permission = permitted(office)
    holder = int(permission.certificate.serial, 16)
    with DeniedFile(office.path) as denied:
        assert denied.unexpired(office.clock()) == {int(old.serial, 16)}
        assert not denied.denies(holder)
        with office.store.change():
            office.store.restorations.mark_swept(permission.restoration.id)
        assert denied.denies(holder)
        assert denied.unexpired(office.clock()) == {int(old.serial, 16), holder}
        assert denied.unexpired(old.not_after) == set()
