"""Signing and remembering: what every decision of the CA that ends in a certificate goes through."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca.applications.application import Application
from overlay.ca.applications.policy import Policy
from overlay.ca.applications.policy_file import PolicyFile
from overlay.ca.checks import key_bytes
from overlay.ca.entries import Certificate
from overlay.ca.protocol import Reason
from overlay.ca.store import CaStore
from overlay.clock import DAY_S, Clock
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import CA, PartyId
from overlay.settings import Settings
from overlay.trust.attributes import Attributes
from overlay.trust.identity import NOTHING, Role
from overlay.trust.issuing import Issuer
from overlay.trust.serials import serial_text


class Issuance:
    """The issuer with the CA's memory, its settings and its clock."""

    def __init__(self, issuer: Issuer, store: CaStore, settings: Settings, clock: Clock) -> None:
        self.domain = issuer.domain
        self.store = store
        self.settings = settings
        self.clock = clock
        self.policy = PolicyFile(None)
        self._decided_by = ""
        self._issuer = self._anchor = issuer

    def use_roots(self, issuing: Issuer, anchor: Issuer) -> None:
        """From now on `issuing` issues, but for CA and broker, whose certificates are of `anchor`: that is
        whom those who know the older root only find in by.
        """
        self._issuer, self._anchor = issuing, anchor

    def issuer_of(self, role: Role, name: str) -> Issuer:
        """Who issues for this party now."""
        anchored = role is Role.BROKER or (role is Role.SERVICE and name == CA)
        return self._anchor if anchored else self._issuer

    @contextmanager
    def audited(self, who: PartyId, what: str, about: str) -> Iterator[None]:
        """Whatever is refused inside is in the audit log; what is done, writes its own entry."""
        try:
            yield
        except OverlayError as error:
            self.store.audit.record(str(who), what, about, f"{error.reason}: {error}")
            raise

    def sign(
        self,
        public: ec.EllipticCurvePublicKey,
        party: PartyId,
        role: Role,
        *,
        lifetime_s: float | None = None,
        attributes: Attributes = NOTHING,
        peer: str = "",
        hosts: Sequence[str] = (),
    ) -> Certificate:
        """A certificate that is not remembered yet. Raises BadCertificate, Expired (the root)."""
        now = self.clock()
        seconds = self._lifetime_s(role, attributes) if lifetime_s is None else lifetime_s
        made = self.issuer_of(role, party.name).issue(
            public, party, role, seconds, now, attributes=attributes, peer=peer, hosts=hosts
        )
        return Certificate(
            serial=serial_text(made.serial_number),
            key=key_bytes(public),
            der=made.public_bytes(serialization.Encoding.DER),
            issued_at=now,
            not_after=made.not_valid_after_utc.timestamp(),
        )

    def judge(self, asked: Application) -> str:
        """Why the policy leaves this application to an administrator; empty: it is granted. Raises Refused,
        Unavailable (the policy is broken).
        """
        policy = self._policy()
        return "" if policy is None else policy.judge(asked)

    def check_key(self, public: ec.EllipticCurvePublicKey, name: str) -> None:
        """Raises Refused when the key is, or was, somebody else's, or was revoked for a leak."""
        key = key_bytes(public)
        if self.store.names_with_key(key) - {name}:
            raise Refused("key: another party was certified for this key; make a new one")
        if self.store.key_leaked(key):
            raise Refused("key: it was revoked as leaked; make a new one")

    def check_not_taken(self, name: str) -> None:
        """Raises Refused when somebody holds a valid certificate for this name."""
        if self.store.valid_of(name, self.clock()):
            raise Refused(
                f"name: {name!r} is taken; its holder renews, or an operator makes a token with --again"
            )

    def revoke(self, items: Sequence[Certificate], reason: Reason) -> None:
        """Inside a change: end these. For those that ended before a graver reason may show later, also where
        its holder gave a lighter one.
        """
        for item in items:
            if item.revoked_at is None:
                self.store.revoke(item.serial, reason.value, self.clock())
            elif reason is Reason.KEY_COMPROMISE or item.reason == Reason.SUPERSEDED:
                self.store.regrade(item.serial, reason.value)

    def get(self, serial: str) -> Certificate:
        """A certificate that is known to be there, as it is now."""
        found = self.store.by_serial(serial)
        if found is None:
            raise LookupError(f"certificate {serial} is not in the store")
        return found

    def _lifetime_s(self, role: Role, attributes: Attributes) -> float:
        settings = self.settings
        if role is Role.AGENT:
            return min(settings.agent_certificate_days, self._longest_days(attributes)) * DAY_S
        if role is Role.OPERATOR:
            return settings.agent_certificate_days * DAY_S
        if role is Role.LINK:
            return settings.link_certificate_days * DAY_S
        return settings.service_certificate_days * DAY_S

    def _policy(self) -> Policy | None:
        """As it is now; the audit log says from when on which one decided."""
        policy, fingerprint = self.policy.current(), self.policy.fingerprint
        if fingerprint != self._decided_by:
            self._decided_by = fingerprint
            self.store.audit.note(str(PartyId(CA, self.domain)), "policy", fingerprint)
        return policy

    def _longest_days(self, attributes: Attributes) -> float:
        policy = self._policy()
        if policy is None:
            return math.inf
        return policy.longest_days(attributes.organisation, attributes.function)
