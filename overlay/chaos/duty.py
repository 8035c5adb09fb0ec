"""What one worker process of a chaos run is told to be. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.naming.ids import PartyId


class Role(StrEnum):
    """What a worker does."""

    SENDER = "sender"
    RECEIVER = "receiver"
    OBSERVER = "observer"
    GUEST = "guest"
    """Of the channel: it receives until it is put out."""


TELL = "chaos.tell"
"""The skill for messages."""
ASK = "chaos.ask"
"""The skill for questions, answered with what was asked."""


class Duty(msgspec.Struct, frozen=True):
    """One process of one agent. Folders as text."""

    role: Role
    process: str
    """Its name in the records: the agent's, and which of its processes it is."""
    home: str
    settings: str
    records: str
    domains: tuple[str, ...]
    """Whose agents are let in."""
    others: tuple[str, ...] = ()
    """Whom a sender sends to; the names of those whom an observer spies on."""
    channel: str = ""
    owner: str = ""
    """Of the channel."""
    members: tuple[str, ...] = ()
    """Who shall be in it."""
    guest: str = ""
    """Who is put out of it."""
    rate: float = 0.0
    """Messages a second of a sender, all streams together."""
    running: bool = False
    """It takes the place of one that was killed: it begins at once."""


class Letter(msgspec.Struct, frozen=True):
    """What is in a message."""

    stream: str
    number: int
    to: str
    filling: str = ""


_encoder = msgspec.json.Encoder()
_letters = msgspec.json.Decoder(Letter)
_duties = msgspec.json.Decoder(Duty)


def to_bytes(what: Letter | Duty) -> bytes:
    """As JSON."""
    return _encoder.encode(what)


def letter_of(body: bytes) -> Letter:
    """Raises msgspec.DecodeError."""
    return _letters.decode(body)


def duty_of(text: str) -> Duty:
    """Raises msgspec.DecodeError."""
    return _duties.decode(text)


def stream_of(process: str, to: PartyId | str, priority: str) -> str:
    """The name of what one process sends to one receiver in one priority."""
    return f"{process} > {to} {priority}"
