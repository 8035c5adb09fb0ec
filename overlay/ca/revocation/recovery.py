"""How a wrongly revoked identity comes back (CA-7): the operator permits it, its holder takes it. No I/O but
the CA's store.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca import checks
from overlay.ca.entries import Certificate
from overlay.ca.issuance import Issuance
from overlay.ca.protocol import Reason
from overlay.ca.revocation.protocol import Reclaim, Restore
from overlay.ca.revocation.restoration_table import Restoration
from overlay.errors import BadInput, Expired, NotFound, Refused
from overlay.naming.ids import PartyId, is_join, join_name
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import check_csr
from overlay.trust.keys import SigningKey
from overlay.trust.serials import serial_text


@dataclass(frozen=True, slots=True)
class Permission:
    """Its entry, its enrolment certificate, and the key that only its text holds."""

    restoration: Restoration
    certificate: Certificate
    key: SigningKey


class Recovery:
    """Permits, and gives back. The revoked certificate stays revoked: its holder gets another one."""

    def __init__(self, issuance: Issuance) -> None:
        self._issuance = issuance
        self._store = issuance.store

    def permit(self, by: PartyId, ask: Restore) -> Permission:
        """Let the holder of `ask.name` come back, once. Raises Refused, NotFound, BadInput."""
        with self._issuance.audited(by, "restore", ask.name):
            old = self._revoked(ask)
            lifetime_s = ask.lifetime_s or self._issuance.settings.join_token_s
            if not 0 < lifetime_s <= self._issuance.settings.join_token_max_s:
                longest_s = self._issuance.settings.join_token_max_s
                raise Refused(f"lifetime: a token lasts up to {longest_s:.0f} s (join_token_max_s)")
            key, restoration_id = SigningKey.generate(), secrets.token_hex(12)
            holder = PartyId(join_name(restoration_id), self._issuance.domain)
            entry = self._issuance.sign(key.public, holder, Role.JOIN, lifetime_s=lifetime_s)
            leaked = self._store.key_leaked(old.key)
            kept = b"" if leaked else old.key
            item = Restoration(
                restoration_id, entry.serial, ask.name, old.serial, kept, expires_at=entry.not_after
            )
            with self._store.change():
                self._store.add_certificate(entry)
                self._store.restorations.add(item)
                self._store.audit.record(str(by), f"restore {old.serial}", ask.name)
        return Permission(item, entry, key)

    def reclaim(self, asker: Identity, ask: Reclaim) -> tuple[Certificate, str]:
        """The new certificate of the name, the same again if the answer was lost; and the serial of the one
        that was revoked. Raises Refused, NotFound, Expired, BadCertificate (the request).
        """
        with self._issuance.audited(asker.party, "reclaim", ask.name):
            item = self._permission_of(asker, ask.name)
            party = PartyId(item.name, self._issuance.domain)
            public = check_csr(ask.csr, party)
            if item.spent_at is not None:
                return self._issued_before(item, public), item.restores
            return self._give_back(asker.party, item, party, public), item.restores

    def _revoked(self, ask: Restore) -> Certificate:
        checks.check_free_name(ask.name)
        old = self._store.by_serial(ask.serial.lower()) if ask.serial else self._store.newest_of(ask.name)
        if old is None or old.identity.party.name != ask.name:
            which = f"the certificate {ask.serial}" if ask.serial else "a certificate"
            raise NotFound(f"certificate: this CA never issued {which} to {ask.name!r}")
        if old.identity.role is not Role.AGENT:
            raise Refused(f"role: only agents come back this way, {ask.name} is a {old.identity.role}")
        if old.revoked_at is None and old.not_after > self._issuance.clock():
            raise BadInput(f"{ask.name} is not revoked: its certificate {old.serial} is valid")
        self._issuance.check_not_taken(ask.name)
        if old.revoked_at is None:
            raise BadInput(f"{ask.name} was not revoked, its certificate expired: make it a join token")
        if old.reason == Reason.SUPERSEDED:
            raise Refused("certificate: it was replaced by another one; name that one by its serial")
        return old

    def _permission_of(self, asker: Identity, name: str) -> Restoration:
        if asker.role is not Role.JOIN or not is_join(asker.party.name):
            raise Refused(f"token: {asker.party} is no holder of a restoring token")
        item = self._store.restorations.get(asker.party.name.removeprefix("join-"))
        if item is None or item.holder != serial_text(asker.serial):
            raise NotFound("token: this CA made no such restoring token; ask the operator for one")
        if self._issuance.clock() >= item.expires_at:
            raise Expired("token: it has expired; ask the operator for a new one")
        if self._issuance.get(item.holder).revoked_at is not None:
            raise Refused("token: it was revoked; ask the operator for a new one")
        if name != item.name:
            raise Refused(f"name: the token is for {item.name!r}, not for {name!r}")
        return item

    def _give_back(
        self, asker: PartyId, item: Restoration, party: PartyId, public: ec.EllipticCurvePublicKey
    ) -> Certificate:
        if item.key and checks.key_bytes(public) != item.key:
            raise Refused("key: the name comes back to the key that it had, in the agent's own home")
        self._issuance.check_not_taken(item.name)
        self._check_none_since(item)
        self._issuance.check_key(public, item.name)
        old = self._issuance.get(item.restores)
        made = self._issuance.sign(public, party, Role.AGENT, attributes=old.identity.attributes)
        entry = replace(
            made,
            organisation=old.organisation,
            developer=old.developer,
            function=old.function,
            qualification=old.qualification,
        )
        now = self._issuance.clock()
        with self._store.change():
            self._store.add_certificate(entry)
            self._store.restorations.spend(item.id, entry.serial, now)
            self._store.revocations.restore(item.restores, now)
            self._store.audit.record(str(asker), f"reclaim {item.restores}", item.name)
        return entry

    def _check_none_since(self, item: Restoration) -> None:
        """Raises Refused when the name was given since: who was revoked after that is not permitted back."""
        newest = self._store.newest_of(item.name)
        if newest is not None and newest.number > self._issuance.get(item.holder).number:
            raise Refused(
                f"token: {item.name!r} was certified, and ended, after this token was made; ask the operator "
                "for a new one"
            )

    def _issued_before(self, item: Restoration, public: ec.EllipticCurvePublicKey) -> Certificate:
        issued = self._issuance.get(item.issued)
        if issued.key != checks.key_bytes(public):
            raise Refused(
                "token: it is spent, by another key. If that was not you, tell the operator at once"
            )
        if issued.revoked_at is not None:
            raise Refused(f"token: it is spent, and its certificate was revoked ({issued.reason})")
        return issued
