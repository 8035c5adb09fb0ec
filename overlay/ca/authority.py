"""The CA's decisions: who holds which certificate, and when one ends. No I/O but its store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca.applications.enrolment import Enrolment
from overlay.ca.applications.policy_file import PolicyFile
from overlay.ca.applications.requests import Requests
from overlay.ca.checks import key_bytes
from overlay.ca.entries import Certificate
from overlay.ca.issuance import Issuance
from overlay.ca.protocol import AskList, AskStatus, DeniedList, Listed, Revoke, State, Status
from overlay.ca.revocation.recovery import Recovery
from overlay.ca.revocation.rekeying import OWN, Rekeying
from overlay.ca.store import CaStore
from overlay.clock import Clock
from overlay.errors import BadInput, NotFound, Refused
from overlay.naming.ids import OPERATOR, PartyId, check_domain, link_name
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import Issuer, check_csr
from overlay.trust.serials import serial_text

_RENEWED = (Role.AGENT, Role.SERVICE, Role.GATEWAY, Role.OPERATOR)


class Authority:
    """Decides, signs, remembers and audits. Every refusal says which check failed."""

    def __init__(self, issuer: Issuer, store: CaStore, settings: Settings, clock: Clock) -> None:
        self.domain = issuer.domain
        self.store = store
        self.clock = clock
        self.settings = self._settings = settings
        self._issuance = Issuance(issuer, store, settings, clock)
        self.requests = Requests(self._issuance)
        self.recovery = Recovery(self._issuance)
        self.rekeying = Rekeying(self._issuance)
        self.enrolment = Enrolment(self._issuance, self.requests)

    @property
    def page_size(self) -> int:
        """Entries in one answer."""
        return self._settings.ca_page

    def use_policy(self, policy: PolicyFile) -> None:
        """Decide about applications by this file."""
        self._issuance.policy = policy

    def use_roots(self, issuing: Issuer, anchor: Issuer) -> None:
        """See `Issuance.use_roots`."""
        self._issuance.use_roots(issuing, anchor)

    def issuer_of(self, role: Role, name: str) -> Issuer:
        """Who issues for this party now."""
        return self._issuance.issuer_of(role, name)

    def audited(self, who: PartyId, what: str, about: str) -> AbstractContextManager[None]:
        """Whatever is refused inside is in the audit log."""
        return self._issuance.audited(who, what, about)

    def renew(self, asker: Identity, csr: bytes) -> Certificate:
        """A new certificate for the holder of a valid one, which stays valid until its end (CA-5).

        Raises Refused, BadCertificate.
        """
        serial = serial_text(asker.serial)
        with self._issuance.audited(asker.party, "renew", serial):
            held = {item.serial: item for item in self.store.valid_of(asker.party.name, self.clock())}
            if asker.role not in _RENEWED or serial not in held:
                raise Refused("certificate: only the holder of a valid one renews it; ask for a join token")
            public = check_csr(csr, asker.party)
            again = self._given_again(key_bytes(public), held, held[serial])
            if again is not None:
                self.store.audit.note(str(asker.party), "renew again", serial)
                return again
            if len(held) >= self._settings.ca_valid_per_name:
                raise Refused(
                    f"certificate: {asker.party} has {len(held)} valid ones (ca_valid_per_name): "
                    "revoke some, or wait for their end"
                )
            self._issuance.check_key(public, asker.party.name)
            old = held[serial]
            if asker.role is Role.AGENT:
                self._issuance.judge(old.application)  # what it leaves to an administrator was granted once
            made = self._issuance.sign(public, asker.party, asker.role, attributes=asker.attributes)
            entry = replace(
                made,
                organisation=old.organisation,
                developer=old.developer,
                function=old.function,
                qualification=old.qualification,
            )
            self._keep(entry, asker.party, "renew", serial)
        return entry

    def _given_again(
        self, key: bytes, held: Mapping[str, Certificate], old: Certificate
    ) -> Certificate | None:
        """The certificate that was made for this key already, where its answer did not arrive."""
        newer = [item for item in held.values() if item.key == key and item.number > old.number]
        return newer[0] if newer else None

    def revoke(self, asker: Identity, ask: Revoke) -> Sequence[Certificate]:
        """End a certificate, or all valid ones of a name: an agent its own, the operator any, also all of an
        organisation (CA-6). Of the domain's own only one that was replaced. Doing it twice does nothing more.
        Raises Refused, NotFound, BadInput.
        """
        about = ask.serial or ask.name or ask.organisation
        with self._issuance.audited(asker.party, "revoke", about):
            items = self._of_organisation(asker, ask) if ask.organisation else self._named(asker, ask)
            with self.store.change():
                self._issuance.revoke(items, ask.reason)
                self.store.audit.record(str(asker.party), f"revoke {ask.reason}", about)
        return [self._issuance.get(item.serial) for item in items]

    def _named(self, asker: Identity, ask: Revoke) -> Sequence[Certificate]:
        newest = self._find(ask.serial, ask.name)
        if newest is None:
            raise NotFound(f"certificate: this CA issued none to {ask.serial or ask.name!r}")
        identity = newest.identity
        party, name = identity.party, identity.party.name
        if asker.role is not Role.OPERATOR and asker.party != party:
            raise Refused(f"permission: only {party} itself and the operator may revoke its certificates")
        valid = self.store.valid_of(name, self.clock())
        replaced = bool(ask.serial) and any(other.number > newest.number for other in valid)
        if identity.role in OWN and not replaced:
            raise Refused(
                f"permission: {party} is the domain's own, and without it the domain is dead. If its key was "
                "stolen, `overlay ca rekey` gives it another; one that was replaced is revoked by its serial"
            )
        return [newest] if ask.serial else valid or [newest]

    def _of_organisation(self, asker: Identity, ask: Revoke) -> Sequence[Certificate]:
        if ask.serial or ask.name:
            raise BadInput("name a certificate by its serial, an agent, or an organisation: one of the three")
        if asker.role is not Role.OPERATOR:
            raise Refused("permission: only the operator revokes all of an organisation")
        items = self.store.valid_in(ask.organisation, self.clock())
        if not items:
            raise NotFound(f"organisation: nobody of {ask.organisation!r} holds a valid certificate")
        return items

    def link(self, by: PartyId, domain: str, csr: bytes) -> Certificate:
        """A certificate with which the gateway of `domain` comes to our broker (design §3). Its request
        says whose key it is, and nothing else. Raises Refused, BadName, BadCertificate.
        """
        with self._issuance.audited(by, "link", domain):
            if check_domain(domain) == self.domain:
                raise Refused("domain: a link certificate is for another domain than ours")
            public = check_csr(csr)
            return self._issue(by, public, link_name(domain), Role.LINK, peer=domain)

    def issue_for_domain(
        self, public: ec.EllipticCurvePublicKey, name: str, role: Role, hosts: Sequence[str] = ()
    ) -> Certificate:
        """A certificate for the domain's own: services, gateway, operator, broker. Not for asking: whoever
        holds the root key founds the domain with it. Raises Refused, BadCertificate.
        """
        founder = PartyId(OPERATOR, self.domain)
        with self._issuance.audited(founder, f"issue {role}", name):
            if role in (Role.AGENT, Role.JOIN, Role.LINK):
                raise Refused(f"role: a {role} gets its certificate through a token or a peering")
            return self._issue(founder, public, name, role, hosts=hosts)

    def status(self, asker: PartyId, ask: AskStatus) -> Status:
        """About one certificate, as of now (CA-4). Raises BadInput."""
        found = self._find(ask.serial, ask.name)
        self.store.audit.note(str(asker), "status", ask.serial or ask.name)
        return Status(State.UNKNOWN) if found is None else self.describe(found)

    def page(self, asker: PartyId, ask: AskList) -> Listed:
        """Certificates, oldest first."""
        items = self.store.page(ask.after, self._settings.ca_page, joins=ask.joins)
        self.store.audit.note(str(asker), "list", str(ask.after))
        more = len(items) == self._settings.ca_page
        return Listed(tuple(self.describe(item) for item in items), items[-1].number if more else 0)

    def denied(self) -> DeniedList:
        """What is revoked and not yet expired, all of it."""
        found = self.store.revocations.unexpired(self.clock())
        epoch = self.store.revocations.last()
        return DeniedList(epoch, tuple(item.serial for item in found), 0, epoch)

    def denied_after(self, since: int) -> DeniedList:
        """A page of what was revoked after an epoch, oldest first; it ends at `upto`. It is signed: who asks
        does not choose what it says, and it names no epoch that has not been.
        """
        revocations, now = self.store.revocations, self.clock()
        epoch = revocations.last()
        since = max(0, min(since, epoch))
        page = revocations.after(since, self._settings.denied_page)
        upto = page[-1].epoch if len(page) == self._settings.denied_page else epoch
        serials = tuple(item.serial for item in page if item.not_after > now)
        return DeniedList(epoch, serials, since, upto)

    def describe(self, item: Certificate) -> Status:
        """A certificate and what it is worth now."""
        identity = item.identity
        revocation = self.store.revocations.of(item.serial) if item.revoked_at is not None else None
        return Status(
            state=self._state(item),
            serial=item.serial,
            party=str(identity.party),
            role=identity.role.value,
            skills=identity.skills,
            organisation=item.organisation,
            qualification=item.qualification,
            developer=item.developer,
            function=item.function,
            scopes=identity.attributes.scopes,
            issued_at=item.issued_at,
            not_after=item.not_after,
            reason=item.reason,
            revoked_at=item.revoked_at or 0.0,
            restored_at=(revocation.restored_at if revocation else None) or 0.0,
        )

    def _state(self, item: Certificate) -> State:
        if item.revoked_at is not None:
            return State.REVOKED
        return State.VALID if self.clock() < item.not_after else State.EXPIRED

    def _find(self, serial: str, name: str) -> Certificate | None:
        if bool(serial) == bool(name):
            raise BadInput("name a certificate by its serial, or an agent by its name: one of the two")
        return self.store.by_serial(serial.lower()) if serial else self.store.newest_of(name)

    def _issue(
        self,
        by: PartyId,
        public: ec.EllipticCurvePublicKey,
        name: str,
        role: Role,
        *,
        peer: str = "",
        hosts: Sequence[str] = (),
    ) -> Certificate:
        self._issuance.check_key(public, name)
        entry = self._issuance.sign(public, PartyId(name, self.domain), role, peer=peer, hosts=hosts)
        self._keep(entry, by, f"issue {role}", peer or name)
        return entry

    def _keep(self, entry: Certificate, by: PartyId, what: str, about: str) -> None:
        with self.store.change():
            self.store.add_certificate(entry)
            self.store.audit.record(str(by), what, about)
