"""What is on its way through a channel's reading: opened, or still sealed."""

from __future__ import annotations

from dataclasses import dataclass

from overlay.channels.message import ChannelMessage
from overlay.naming.ids import PartyId
from overlay.transport.contract import Delivery, Stored

Name = tuple[PartyId, bytes]


@dataclass(slots=True, eq=False)
class Item:
    """One message on its way to the application."""

    message: ChannelMessage
    stored: Stored | None

    @property
    def name(self) -> Name:
        """Sender and ID."""
        return self.message.sender, self.message.id


@dataclass(frozen=True, slots=True)
class Sealed:
    """One whose key or certificate has not come yet."""

    delivery: Delivery
    stored: Stored | None
    since: float
