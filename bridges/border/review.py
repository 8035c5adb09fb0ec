"""Whether an agent may have access here: its record is what its own key card proves (GW-1). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from overlay.errors import BadCertificate, Refused
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy
from overlay.registry.access import read_access
from overlay.registry.peers.showing import OfRecord
from overlay.registry.record import Record
from overlay.trust.identity import Identity, Role
from overlay.trust.serials import serial_text


@dataclass(frozen=True, slots=True)
class Attached:
    """An agent of ours that was reviewed: who it is, by its certificate, and whom it lets in."""

    identity: Identity
    access: AccessPolicy
    offered: OfRecord

    def ends(self, now: float, skew_s: float) -> bool:
        """Whether its certificate is past."""
        return now > self.identity.not_after + skew_s


def review(record: Record, identity: Identity, home: str) -> Attached:
    """`identity`: whom the record's key card proves, under the roots of `home` and with nothing revoked.

    Raises Refused, BadCertificate, BadName, BadInput.
    """
    party = PartyId.parse(record.party)
    if party.domain != home:
        raise Refused(f"the registry of {home} answered with {record.party}")
    if identity.party != party or identity.role is not Role.AGENT:
        raise BadCertificate(
            f"the key card in the record of {party} is of the {identity.role} {identity.party}"
        )
    if serial_text(identity.serial) != record.serial:
        raise BadCertificate(f"the record of {party} names another certificate than its key card")
    return Attached(identity, read_access(record.access), OfRecord.of(record))
