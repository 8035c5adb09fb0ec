"""A CA in a folder, with a clock that tests turn."""

from __future__ import annotations

from pathlib import Path

from overlay.ca.applications.enrolment import Invitation
from overlay.ca.applications.policy_file import PolicyFile
from overlay.ca.authority import Authority
from overlay.ca.entries import Certificate
from overlay.ca.protocol import Apply, MakeToken
from overlay.ca.store import CaStore
from overlay.naming.ids import OPERATOR, PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore, load_certificate
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import Issuer, make_csr, new_root
from overlay.trust.keys import SigningKey

DOMAIN = "a.example"
DAY = 86400.0
BOSS = PartyId(OPERATOR, DOMAIN)


class TurnedClock:
    """Stands still unless it is turned."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Office:
    """Everything that decisions of a CA need, in `folder`; `reopen` is a restart."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.clock = TurnedClock()
        self.settings = settings or Settings()
        self.issuer = Issuer(*new_root(DOMAIN, 3650 * DAY, self.clock()))
        self.path = folder / "ca.db"
        self.policy = folder / "policy.toml"
        self.open()

    def open(self) -> None:
        self.store = CaStore(self.path, self.clock, self.settings.audit_buffer)
        self.authority = Authority(self.issuer, self.store, self.settings, self.clock)
        self.authority.use_policy(PolicyFile(self.policy))
        self.enrolment = self.authority.enrolment

    def write_policy(self, text: str) -> None:
        """From now on the CA decides by this."""
        self.policy.write_text(text)

    def identity_in(self, certificate: bytes) -> Identity:
        """Of a certificate in DER that this CA issued."""
        return TrustStore(TrustBundle(DOMAIN, (self.issuer.root,))).verify(
            load_certificate(certificate), self.clock()
        )

    def reopen(self) -> None:
        self.store.close()
        self.open()

    def invite(
        self, name: str, *skills: str, again: bool = False, organisation: str = "", lifetime_s: float = 0.0
    ) -> Invitation:
        return self.enrolment.make_token(BOSS, MakeToken(name, skills, organisation, lifetime_s, again))

    def enrol(
        self, name: str, *skills: str, key: SigningKey | None = None, again: bool = False
    ) -> Certificate:
        """An agent, all the way."""
        invitation = self.invite(name, *skills, again=again)
        return self.enrolment.apply(joiner(invitation), application(name, *skills, key=key))

    def operator(self) -> Identity:
        """Somebody with the role OPERATOR."""
        public = SigningKey.generate().public
        return self.authority.issue_for_domain(public, OPERATOR, Role.OPERATOR).identity


def joiner(invitation: Invitation) -> Identity:
    """The holder of a token."""
    return invitation.certificate.identity


def application(name: str, *skills: str, key: SigningKey | None = None, organisation: str = "") -> Apply:
    """What a newcomer asks, with a fresh key unless one is given."""
    csr = make_csr(key or SigningKey.generate(), PartyId(name, DOMAIN))
    return Apply(name, csr, skills, organisation)
