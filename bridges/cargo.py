"""A message that leaves our domain, from departure until the far gateway has it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bridges.frame import Message
from bridges.transit import Transit
from overlay.transport.contract import Stored
from overlay.wire.envelope import Header

OVERHEAD = 64
"""About what a frame adds to an envelope."""


@dataclass(frozen=True, slots=True, eq=False)
class Cargo:
    """An envelope, checked, with what our broker wants to know about it in the end."""

    header: Header
    envelope: bytes
    transit: Transit
    stored: Stored | None
    """How our broker is told; None: realtime."""

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
