"""Is this what the CA says that it revoked, and not an old word of it? (CA-6) Pure."""

from __future__ import annotations

from overlay.ca.protocol import DENIED_KIND, DeniedList
from overlay.errors import Replayed
from overlay.naming.ids import CA
from overlay.trust.bundle import TrustStore
from overlay.trust.serials import parse_serial
from overlay.trust.signed import open_from, open_signed
from overlay.wire.request import decode_struct


def open_denied(statement: bytes, trust: TrustStore, now: float) -> tuple[DeniedList, int]:
    """What the CA of our domain signed, and with which certificate. Raises Untrusted, BadInput."""
    page = decode_struct(open_from(CA, DENIED_KIND, statement, trust, now), DeniedList)
    signer, _ = open_signed(DENIED_KIND, statement, trust, now)
    return page, signer.serial


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
        self._newest_by = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is missing, as far as we heard."""
        return self.epoch >= self.newest

    def take(self, found: DeniedList, least: int | None = None, by: int = 0) -> None:
        """From a verified list: deny what is on it. Raises Replayed for one from before epoch `least` (if not
        given: the newest that was heard of), which is what somebody shows who hides a revocation. `by`: the
        certificate of the CA that says so. Once that is denied, its key was stolen: all is asked for again.
        """
        for serial in found.serials:
            number = parse_serial(serial)
            if not self._trust.denies(self._trust.own, number):
                self._trust.deny(self._trust.own, number)
        if self._newest_by and self._trust.denies(self._trust.own, self._newest_by):
            self.epoch = self.newest = self._newest_by = 0
            least = None
        least = self.newest if least is None else least
        if found.epoch < least:
            raise Replayed(
                f"a list of revocations of epoch {found.epoch} came after one of {least}: "
                "it is old, or the CA was set back to a backup"
            )
        if found.epoch >= self.newest:
            self.newest, self._newest_by = found.epoch, by or self._newest_by
        if found.since <= self.epoch or self._from_now:
            self.epoch = max(self.epoch, found.upto)
            self._from_now = False
