"""A message that leaves our domain, from departure until the far gateway has it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridges.frames.frame import Failure, Message
from bridges.routing.transit import Transit
from overlay.errors import BadEnvelope
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.transport.contract import Stored
from overlay.wire.envelope import Header, check_header

OVERHEAD = 64
"""About what a frame adds to an envelope."""


def failed_header(failure: Failure, home: str) -> Header | None:
    """What is known of a realtime message of ours that the far gateway dropped; None when nobody need be
    told. Nobody who did not see the message knows its ID. Raises BadEnvelope, BadName.
    """
    if not failure.slot:
        return None
    if PartyId.parse(failure.sender).domain != home:
        raise BadEnvelope(f"{failure.sender} is nobody of {home}")
    header = Header(
        id=failure.id,
        sender=failure.sender,
        to=failure.to,
        cls=Class.REALTIME,
        priority=failure.priority,
        deadline_ms=1,
        key_id=bytes(16),
        counter=0,
        sender_slot=failure.slot,
    )
    check_header(header)
    return header


@dataclass(frozen=True, slots=True, eq=False)
class Cargo:
    """An envelope, checked, with what our broker wants to know about it in the end."""

    header: Header
    envelope: bytes
    transit: Transit
    stored: Stored | None
    """How our broker is told; None: realtime."""
    lane: Priority
    """As how important it is treated here: the operator may have lowered it."""
    weight: int = 1
    """How much its sender counts among others, by the operator's word."""

    @property
    def size(self) -> int:
        """About its bytes in a frame."""
        return len(self.envelope) + OVERHEAD

    def message(self, number: int, left_ms: int) -> Message:
        """As it is framed."""
        transit, header = self.transit, self.header
        return Message(
            number, header.cls, header.priority, left_ms, transit.hops, transit.path, self.envelope
        )
