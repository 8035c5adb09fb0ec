"""What the application sees of something published in a channel. Pure."""

from __future__ import annotations

import msgspec

from overlay.channels.seal import Opened
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.wire.body import text_of

FRAME = "overlay.frame"
"""The attribute of what is a frame of a stream, and not for who reads the channel."""


class ChannelMessage(msgspec.Struct, frozen=True):
    """One verified publication."""

    channel: PartyId
    sender: PartyId
    """A member. That it was this one is proved in a signed channel; in others its broker and gateways say so:
    all members hold one secret.
    """
    body: bytes
    id: bytes
    reliable: bool
    priority: Priority
    deadline: float
    """Seconds since 1970; after it the message counts for nothing."""
    sequence: int
    """Counts what one process of the sender published in this channel, reliable or not apart, from 1."""
    attributes: dict[str, str]

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)


def channel_message(channel: PartyId, opened: Opened) -> ChannelMessage:
    """As the application sees it."""
    header, content = opened.header, opened.content
    return ChannelMessage(
        channel=channel,
        sender=opened.sender,
        body=content.body,
        id=header.id,
        reliable=header.cls is Class.RELIABLE,
        priority=header.priority,
        deadline=header.deadline_ms / 1000,
        sequence=content.sequence,
        attributes=content.attributes,
    )
