"""The published X.509 revocation list: new with each revocation, and before the last one ends (CA-6)."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from overlay.ca.protocol import Reason
from overlay.ca.revocation.table import Published
from overlay.ca.store import CaStore
from overlay.clock import HOUR_S, Clock
from overlay.naming.ids import CA
from overlay.settings import Settings
from overlay.trust.issuing import Issuer
from overlay.trust.revocation_list import RevokedEntry, make_revocation_list
from overlay.trust.serials import parse_serial

_REASONS = {
    Reason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    Reason.RETIRED: x509.ReasonFlags.cessation_of_operation,
    Reason.DEREGISTERED: x509.ReasonFlags.affiliation_changed,
    Reason.SUPERSEDED: x509.ReasonFlags.superseded,
    Reason.WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
}


def reason_of(flag: x509.ReasonFlags) -> Reason:
    """As the overlay says it."""
    return next(reason for reason, said in _REASONS.items() if said is flag)


class PublishedCrl:
    """Its number is an epoch of the CA: that of the last revocation, or one above for a list that only takes
    the place of one before. While two roots are trusted it is two lists, one by each: a verifier takes that
    of the issuer which it looks at.
    """

    def __init__(self, store: CaStore, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def current(self, issuers: Sequence[Issuer]) -> tuple[int, bytes]:
        """Its number, and the list in PEM; made now if need be. Raises Unavailable."""
        revocations, now = self._store.revocations, self._clock()
        last, names = revocations.published(), _names(issuers)
        if last is None:
            return self._publish(issuers, revocations.epoch(), now)
        if last.epoch < revocations.last():
            return self._publish(issuers, revocations.last(), now)
        if last.issuers != names or now >= last.made_at + self._settings.crl_hours * HOUR_S / 2:
            return self._publish(issuers, last.epoch + 1, now)
        return last.epoch, last.list

    def _publish(self, issuers: Sequence[Issuer], number: int, now: float) -> tuple[int, bytes]:
        entries = [
            RevokedEntry(parse_serial(item.serial), item.revoked_at, _REASONS[Reason(item.reason)])
            for item in self._store.revocations.unexpired(now)
        ]
        until = now + self._settings.crl_hours * HOUR_S
        pem = b"".join(
            make_revocation_list(one.root, one.key, entries, number=number, now=now, until=until)
            for one in issuers
        )
        with self._store.change():
            self._store.revocations.publish(Published(number, pem, now, _names(issuers)))
            self._store.audit.record(f"{CA}@{issuers[0].domain}", "publish crl", str(number))
        return number, pem


def _names(issuers: Sequence[Issuer]) -> str:
    return " ".join(one.root.subject.rfc4514_string() for one in issuers)
