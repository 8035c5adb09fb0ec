"""Is this what the CA says that it revoked, and not an old word of it? (CA-6) Pure."""

from __future__ import annotations

from overlay.ca.protocol import DENIED_KIND, DeniedList
from overlay.errors import Replayed
from overlay.naming.ids import CA
from overlay.trust.bundle import TrustStore
from overlay.trust.serials import serial_of
from overlay.trust.signed import open_from
from overlay.wire.request import decode_struct


def open_denied(statement: bytes, trust: TrustStore, now: float) -> DeniedList:
    """What the CA of our domain signed. Raises Untrusted, BadInput."""
    return decode_struct(open_from(CA, DENIED_KIND, statement, trust, now), DeniedList)


class Denials:
    """Up to which epoch one party knows what its CA revoked; what it hears is denied from then on.

    A revocation is never taken back, so an old list does no harm but by what is missing in it.
    """

    def __init__(self, trust: TrustStore, *, from_now: bool = False) -> None:
        """`from_now`: what was revoked before is known by another way."""
        self._trust = trust
        self._from_now = from_now
        self.epoch = 0
        """Up to here nothing is missing."""
        self.newest = 0
        """The highest that was heard of."""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing, as far as we heard."""
        return self.epoch >= self.newest

    def take(self, found: DeniedList, least: int | None = None) -> None:
        """From a verified list: deny what is on it. Raises Replayed for one from before epoch `least` (if not
        given: the newest that was heard of), which is what somebody shows who hides a revocation.
        """
        for serial in found.serials:
            number = serial_of(serial)
            if not self._trust.denies(self._trust.own, number):
                self._trust.deny(self._trust.own, number)
        least = self.newest if least is None else least
        if found.epoch < least:
            raise Replayed(
                f"a list of revocations of epoch {found.epoch} came after one of {least}: "
                "it is old, or the CA was set back to a backup"
            )
        self.newest = max(self.newest, found.epoch)
        if found.since <= self.epoch or self._from_now:
            self.epoch = max(self.epoch, found.upto)
            self._from_now = False
