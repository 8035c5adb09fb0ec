"""Applications that the policy decides, and those that an administrator does."""

from __future__ import annotations

import pytest

from overlay.ca.applications.held import Held
from overlay.ca.applications.protocol import Approve, Deny
from overlay.ca.entries import Decision, Request
from overlay.ca.protocol import Apply, AskStatus, MakeToken, Reason, Revoke
from overlay.errors import BadCertificate, Expired, NotFound, Overloaded, Refused, Unavailable
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.identity import Identity
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.office import BOSS, DAY, DOMAIN, Office, joiner

HOLD = """
unknown = "hold"
approve = "automatic"
[functions.repair]
scopes = ["net"]
days = 30
[organisations.Acme]
qualifications = ["licence 1"]
functions = ["repair"]
scopes = ["net"]
skills = ["net"]
[organisations.""]
skills = ["net"]
"""


@pytest.fixture
def held(office: Office) -> Office:
    """An office whose policy holds who is unknown to it."""
    office.write_policy(HOLD)
    return office


class Newcomer:
    """Of an organisation that the policy does not know."""

    def __init__(self, office: Office, name: str = "alice", *skills: str, again: bool = False) -> None:
        self._office = office
        self.name = name
        self.key = SigningKey.generate()
        self.invitation = office.invite(name, "net", again=again)
        self.identity: Identity = joiner(self.invitation)
        self.skills = skills

    def apply(self, key: SigningKey | None = None) -> bytes:
        """The certificate. Raises as the CA, and keeps the new enrolment certificate of a held one."""
        csr = make_csr(key or self.key, PartyId(self.name, DOMAIN))
        return self._office.enrolment.apply(self.identity, Apply(self.name, csr, self.skills, "Evil")).der

    def is_held(self) -> Request:
        """Applies, and is."""
        with pytest.raises(Held) as held:
            self.apply()
        self.identity = self._office.identity_in(held.value.enrolment)
        request = self._office.store.applications.get(held.value.request)
        assert request is not None
        return request


def test_what_a_newcomer_said_is_remembered_and_what_is_checked_later_is_certified(held: Office) -> None:
    # CA-1, CA-3
    terms = MakeToken(
        "alice", ("net",), "Acme", function="repair", scopes=("net",), qualification="licence 1"
    )
    holder = joiner(held.enrolment.make_token(BOSS, terms))
    csr = make_csr(SigningKey.generate(), PartyId("alice", DOMAIN))
    with pytest.raises(Refused, match=r"^qualification: the token is for 'licence 1', not for 'other'"):
        held.enrolment.apply(holder, Apply("alice", csr, ("net.a",), "Acme", "dev", "repair", "other"))
    with pytest.raises(Refused, match=r"^scopes: 'net2' is outside of what the token permits"):
        held.enrolment.apply(
            holder, Apply("alice", csr, ("net.a",), "Acme", "dev", "repair", "licence 1", ("net2",))
        )
    asked = Apply("alice", csr, ("net.a",), "Acme", "dev", "repair", "licence 1", ("net.b",))
    made = held.enrolment.apply(holder, asked).identity
    assert made.not_after == held.clock() + 30 * DAY
    attributes = made.attributes
    assert (attributes.organisation, attributes.function, attributes.scopes) == ("Acme", "repair", ("net.b",))
    told = held.authority.status(BOSS, AskStatus(name="alice"))
    assert (told.developer, told.qualification, told.scopes) == ("dev", "licence 1", ("net.b",))


def test_a_held_application_is_granted_once_an_administrator_approves_it(held: Office) -> None:  # CA-2
    alice = Newcomer(held, "alice", "net.a", "net.b")
    request = alice.is_held()
    assert alice.is_held().id == request.id  # asked again: the same
    held.reopen()
    issued = held.authority.requests.approve(BOSS, Approve(request.id, skills=("net.b",)))
    assert issued.identity.skills == ("net.b",)
    assert alice.apply() == issued.der
    assert alice.apply() == issued.der  # the answer was lost
    with pytest.raises(Refused, match=r"^request: .* was approved before"):
        held.authority.requests.deny(BOSS, Deny(request.id, "too late"))
    said = [(entry.what, entry.outcome.split(" ")[0]) for entry in held.store.audit.entries()]
    assert [
        one
        for one in said
        if one not in (("token", "done"), ("policy", "done"), ("apply", "request"), ("deny", "refused:"))
    ] == [("apply", "held"), ("approve", "done"), ("apply", "done")]


def test_the_newcomer_hears_why_it_was_denied_and_its_token_is_good_for_nothing_else(held: Office) -> None:
    alice = Newcomer(held)
    request = alice.is_held()
    with pytest.raises(Refused, match=r"^why: "):
        held.authority.requests.deny(BOSS, Deny(request.id, " "))
    held.authority.requests.deny(BOSS, Deny(request.id, "no contract"))
    for _ in range(2):
        with pytest.raises(Refused, match=r"^denied: .*: no contract$"):
            alice.apply()
    with pytest.raises(Refused, match=r"^token: it was used for .* denied; ask for a new one"):
        alice.apply(SigningKey.generate())


def test_an_approval_outlives_the_token_and_the_longest_silence_of_the_newcomer(held: Office) -> None:
    alice, late = Newcomer(held), Newcomer(held, "late")
    first, second = alice.identity, late.identity
    request, forgotten = alice.is_held(), late.is_held()
    assert first.not_after < alice.identity.not_after
    held.clock.now += held.settings.application_open_s - 1
    held.authority.requests.approve(BOSS, Approve(request.id))
    held.clock.now += held.settings.application_collect_s
    assert alice.apply()
    assert second.not_after < held.clock() < late.identity.not_after
    with pytest.raises(Expired, match=r"^request: nobody decided .* in time"):
        late.apply()
    with pytest.raises(Expired, match=r"^request: nobody decided"):
        held.authority.requests.approve(BOSS, Approve(forgotten.id))
    assert held.authority.requests.page(0, decided=False) == []
    assert len(held.authority.requests.page(0, decided=True)) == 2


def test_nobody_else_with_the_token_takes_over_a_held_application(held: Office) -> None:
    alice = Newcomer(held)
    alice.is_held()
    with pytest.raises(Refused, match=r"^token: it was used for request .*, by another key"):
        alice.apply(SigningKey.generate())


def test_a_request_is_checked_before_it_is_held(held: Office) -> None:  # CA-2
    key = SigningKey.generate()
    held.enrol("bob", "net", key=key)
    alice = Newcomer(held)
    with pytest.raises(Refused, match=r"^key: another party was certified"):
        alice.apply(key)
    with pytest.raises(BadCertificate, match=r"^certificate request"):
        held.enrolment.apply(alice.identity, Apply("alice", b"nothing", (), "Evil"))
    assert held.authority.requests.page(0, decided=True) == []


def test_an_approval_checks_everything_again(held: Office) -> None:  # CA-2
    approve = held.authority.requests.approve
    taken, leaked, revoked, changed = (
        Newcomer(held, name) for name in ("taken", "leaked", "gone", "changed")
    )
    requests = {one.name: one.is_held() for one in (taken, leaked, revoked, changed)}
    held.enrol("taken", "net")
    with pytest.raises(Refused, match=r"^name: 'taken' is taken"):
        approve(BOSS, Approve(requests["taken"].id))
    held.enrol("leaked", "net", key=leaked.key)
    held.authority.revoke(held.operator(), Revoke(Reason.KEY_COMPROMISE, name="leaked"))
    with pytest.raises(Refused, match=r"^key: it was revoked as leaked"):
        approve(BOSS, Approve(requests["leaked"].id))
    held.authority.revoke(
        held.operator(), Revoke(Reason.WITHDRAWN, serial=revoked.invitation.certificate.serial)
    )
    with pytest.raises(Refused, match=r"^token: it was revoked meanwhile"):
        approve(BOSS, Approve(requests["gone"].id))
    with pytest.raises(Refused, match=r"^skills: 'more' is outside of what was applied for"):
        approve(BOSS, Approve(requests["changed"].id, skills=("more",)))
    held.write_policy('unknown = "refuse"')
    with pytest.raises(Refused, match=r"^organisation: "):
        approve(BOSS, Approve(requests["changed"].id))
    with pytest.raises(NotFound, match=r"^request: there is none"):
        approve(BOSS, Approve("nonsense"))
    decisions = {request.decision for request in held.authority.requests.page(0, decided=True)}
    assert decisions == {Decision.OPEN}


def test_a_revoked_approval_brings_nothing_to_the_newcomer(held: Office) -> None:
    alice = Newcomer(held)
    issued = held.authority.requests.approve(BOSS, Approve(alice.is_held().id))
    held.authority.revoke(held.operator(), Revoke(Reason.WITHDRAWN, serial=issued.serial))
    with pytest.raises(Refused, match="its certificate was revoked"):
        alice.apply()


def test_the_number_of_open_requests_is_bounded(office: Office) -> None:
    office.settings = Settings(applications_open=1)
    office.reopen()
    office.write_policy(HOLD)
    request = Newcomer(office).is_held()
    bob = Newcomer(office, "bob")
    with pytest.raises(Overloaded, match="applications_open"):
        bob.apply()
    office.authority.requests.deny(BOSS, Deny(request.id, "no"))
    assert bob.is_held().name == "bob"


def test_a_broken_policy_decides_nothing_and_says_so(held: Office) -> None:
    alice = Newcomer(held)
    request = Newcomer(held, "bob").is_held()
    held.write_policy("unknown = 1")
    for question in (alice.apply, lambda: held.authority.requests.approve(BOSS, Approve(request.id))):
        with pytest.raises(Unavailable, match=r"^policy: the CA's policy file cannot be used"):
            question()
    held.write_policy(HOLD)
    alice.is_held()


def test_whom_the_policy_accepts_no_more_is_not_renewed_but_who_was_approved_is(held: Office) -> None:  # CA-5
    alice = Newcomer(held)
    request = alice.is_held()
    issued = held.authority.requests.approve(BOSS, Approve(request.id))
    csr = make_csr(SigningKey.generate(), PartyId("alice", DOMAIN))
    assert held.authority.renew(issued.identity, csr)
    held.write_policy('unknown = "refuse"')
    with pytest.raises(Refused, match=r"^organisation: the CA's policy does not accept 'Evil'"):
        held.authority.renew(issued.identity, make_csr(SigningKey.generate(), PartyId("alice", DOMAIN)))
