"""What every process of a chaos run writes down, a line each, as it happens. Pure.

Moments are seconds of the machine's monotonic clock, which all its processes share. A stream is what one
process sends to one receiver (or channel) in one priority; in it messages are numbered from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec


class Tried(msgspec.Struct, frozen=True, tag="tried"):
    """About to be sent, to all of `to`: an agent, or the members of a channel at this time."""

    stream: str
    number: int
    sender: str
    to: tuple[str, ...]
    at: float
    channel: str = ""
    may: tuple[str, ...] = ()
    """Who may get it besides: members that are about to be put out, as far as the sender knows."""


class Accepted(msgspec.Struct, frozen=True, tag="accepted"):
    """`send` returned: from now on it must not be lost."""

    stream: str
    number: int
    at: float


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """`send` raised: it may or may not arrive."""

    stream: str
    number: int
    reason: str
    at: float


class Receipted(msgspec.Struct, frozen=True, tag="receipted"):
    """Its sender knows that it was handled."""

    stream: str
    number: int
    at: float


class Told(msgspec.Struct, frozen=True, tag="told"):
    """It was accepted, and later its sender was told that it was not delivered."""

    stream: str
    number: int
    reason: str
    at: float


class Delivered(msgspec.Struct, frozen=True, tag="delivered"):
    """The application of `by` did its effect, in its process `process`."""

    stream: str
    number: int
    by: str
    process: str
    at: float


class Overheard(msgspec.Struct, frozen=True, tag="overheard"):
    """An observer that may not read got something where others read, or was let in there."""

    by: str
    where: str
    at: float


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """A question of class realtime, from its beginning (`tried`) to its end: `reason` is empty if `to` gave
    the right answer.
    """

    sender: str
    to: str
    tried: float
    at: float
    reason: str = ""


class PutOut(msgspec.Struct, frozen=True, tag="put-out"):
    """`party` is no member of the channel any more: the owner's library said so."""

    party: str
    at: float


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """This process is registered, and reaches whom it talks to."""

    process: str
    at: float


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """This process sends no more."""

    process: str
    at: float


Record: TypeAlias = (
    Tried | Accepted | Refused | Receipted | Told | Delivered | Overheard | Asked | PutOut | Ready | Finished
)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def to_line(record: Record) -> bytes:
    """One line."""
    return _encoder.encode(record) + b"\n"


def from_lines(lines: Iterable[bytes]) -> Iterator[Record]:
    """All of them. Raises msgspec.DecodeError."""
    return (_decoder.decode(line) for line in lines)
