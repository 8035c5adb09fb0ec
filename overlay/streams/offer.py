"""What a live stream is, before it is taken. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from overlay.naming.ids import PartyId


@dataclass(frozen=True, slots=True)
class Offer:
    """What a stream is, before it is taken."""

    id: bytes
    sender: PartyId
    media_type: str
    late_ms: int
    group: str = ""
    """Streams of one group belong together: the sound and the picture of one call."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What its sender says of it: codec parameters, a title."""
    channel: PartyId | None = None
    """Where it was published; None: it is for us alone."""
