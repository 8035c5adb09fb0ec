"""What each process of a relay measurement is told to do. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.transport.address import BrokerKind


class Role(StrEnum):
    """What a process is."""

    SEND = "send"
    TAKE = "take"
    RELAY = "relay"
    """Of the bare side: the overlay has its gateways."""


class Side(StrEnum):
    """What is measured, and beside what."""

    OVERLAY = "overlay"
    BARE = "bare"


class Place(msgspec.Struct, frozen=True):
    """A broker that asks nobody, and the certificate that is good for it."""

    kind: BrokerKind
    host: str
    port: int
    ca: str
    certificate: str
    key: str


class Job(msgspec.Struct, frozen=True):
    """Of one process."""

    role: Role
    side: Side
    arrived: str
    """File of the `Arrived`."""
    size: int
    reliable: bool
    at_once: int
    """How many messages a sender stores side by side."""
    home: str = ""
    """Of the agent, of the overlay's side."""
    peer: str = ""
    """Of a sender: to whom. Of a receiver: whose domain it lets in."""
    places: tuple[Place, ...] = ()
    """Of the bare side: where it takes from, or sends to; of the relay, from where to where."""
