"""A message that leaves our domain, or goes through it, until the next gateway has it. Pure."""

from __future__ import annotations

from typing import Protocol

import msgspec

from bridges.frames.frame import Failure, Message
from bridges.routing.transit import Transit
from overlay.errors import BadEnvelope
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
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


class Settles(Protocol):
    """Whoever waits to hear what became of a stored message: our broker, or the peer that brought it."""

    @property
    def attempt(self) -> int:
        """1 for the first time that it gave it to us."""

    async def ack(self) -> None:
        """The next gateway has it, or its sender knows that it will not."""

    async def again(self, delay_s: float = 0.0) -> None:
        """Not now: give it to us again after about `delay_s`."""


class Brought(Protocol):
    """The peer that brought a message of another domain."""

    @property
    def over(self) -> bool:
        """Whether it has it back already."""

    def refuse(self, reason: str, retry_after_ms: int = 0) -> None:
        """It was not taken, this is why, and when it may be."""


class Cargo(msgspec.Struct, frozen=True, eq=False):
    """An envelope, checked, with who wants to know what becomes of it."""

    header: Header
    envelope: bytes
    transit: Transit
    stored: Settles | None
    """Who keeps it meanwhile; None: realtime."""
    lane: Priority
    """As how important it is treated here: the operator may have lowered it."""
    weight: int = 1
    """How much its sender counts among others, by the operator's word."""
    brought: Brought | None = None
    """None: it is of an agent of ours."""
    cast: bool = False
    """Whether it is for the members of a channel."""

    @property
    def size(self) -> int:
        """About its bytes in a frame."""
        return len(self.envelope) + OVERHEAD

    def message(self, number: int, left_ms: int) -> Message:
        """As it is framed."""
        transit, header = self.transit, self.header
        return Message(
            number, header.cls, header.priority, left_ms, transit.hops, transit.path, self.envelope, self.cast
        )
