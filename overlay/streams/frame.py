"""A stream on the wire: frames of media, and what both sides say of them between. Pure."""

from __future__ import annotations

import struct

import msgspec

from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED
from overlay.wire.numbers import MOST

TOPIC = "overlay.stream"
"""Reserved: streams are opened on it, and what comes for a process on it are their frames."""
_HEAD = struct.Struct(">B16sQQ")
_FRAME, _TALK = 0, 1
HEAD_BYTES = _HEAD.size


class Frame(msgspec.Struct, frozen=True):
    """One piece of media."""

    data: bytes
    number: int
    """Counts the frames of one direction, from 1."""
    captured: float
    """When it was taken, by its sender's clock, in seconds since 1970: alike for all streams of a process."""
    missing: int = 0
    """How many frames before it did not come in time."""


class Seen(msgspec.Struct, array_like=True, frozen=True):
    """What reached one side so far."""

    received: int = 0
    """Given out, or waiting for the application."""
    late: int = 0
    """Came, and were too old to be given out."""
    lost: int = 0
    """Did not come."""
    dropped: int = 0
    """Came in time, and the application was too slow for them."""
    jitter_ms: float = 0.0
    """How much the time on the way changes from frame to frame (RFC 3550)."""
    lag_ms: float = 0.0
    """The usual time on the way, by both clocks; 0 where they were not compared yet."""
    last: int = 0
    """The highest number that came."""


class Beat(msgspec.Struct, array_like=True, frozen=True, tag="b"):
    """We are there. Times are microseconds of the speaker's clock."""

    slot: str
    """Where frames for us go from now on."""
    at: int
    seen: Seen = Seen()
    echo: int = 0
    """`at` of the last beat that we heard; 0: none yet."""
    held: int = 0
    """How long ago that was."""


class Casting(msgspec.Struct, array_like=True, frozen=True, tag="c"):
    """In a channel: this stream goes on. Listeners come in at any time."""

    slot: str
    at: int
    media_type: str
    late_ms: int
    group: str
    about: dict[str, str]


class End(msgspec.Struct, array_like=True, frozen=True, tag="e"):
    """Nothing more comes; `reason`, where it was broken off."""

    last: int
    reason: str = ""


class Opening(msgspec.Struct, array_like=True, frozen=True):
    """Asked of the other agent."""

    id: bytes
    media_type: str
    late_ms: int
    group: str
    slot: str
    about: dict[str, str]


class Opened(msgspec.Struct, array_like=True, frozen=True):
    """Its answer."""

    slot: str
    at: int


_SEEN = Seen.__struct_fields__
Talk = Beat | Casting | End
Wire = tuple[bytes, Frame | Talk]
_encode = msgspec.msgpack.Encoder().encode
_talk: msgspec.msgpack.Decoder[Talk] = msgspec.msgpack.Decoder(Talk)
_opening = msgspec.msgpack.Decoder(Opening)
_opened = msgspec.msgpack.Decoder(Opened)


def encode_frame(stream: bytes, frame: Frame) -> bytes:
    """The body of a message."""
    return _HEAD.pack(_FRAME, stream, frame.number, int(frame.captured * 1e6)) + frame.data


def encode_talk(stream: bytes, talk: Talk) -> bytes:
    """The body of a message."""
    return _HEAD.pack(_TALK, stream, 0, 0) + _encode(talk)


def decode(body: bytes) -> Wire:
    """Of which stream, and what. Raises BadInput."""
    if len(body) < HEAD_BYTES:
        raise BadInput("this is too short for a frame of a stream")
    kind, stream, number, captured = _HEAD.unpack_from(body)
    rest = body[HEAD_BYTES:]
    if kind == _FRAME and number and captured < 1 << 60:
        return stream, Frame(rest, number, captured / 1e6)
    try:
        if kind == _TALK:
            return stream, _checked(_talk.decode(rest))
    except MALFORMED as error:
        raise BadInput(f"this says nothing about a stream: {error}") from error
    raise BadInput("this is no frame of a stream")


def _checked(talk: Talk) -> Talk:
    """Raises BadInput for numbers that nothing could be counted with."""
    match talk:
        case Beat(_, at, seen, echo, held):
            numbers: tuple[float, ...] = (at, echo, held, *(getattr(seen, name) for name in _SEEN))
        case Casting(_, at):
            numbers = (at,)
        case End(last):
            numbers = (last,)
    if not all(-MOST <= one <= MOST for one in numbers):  # nor is NaN
        raise BadInput("what is said about a stream has an impossible number")
    return talk


def encode_opening(opening: Opening | Opened) -> bytes:
    """The body of a request, or of its answer."""
    return _encode(opening)


def decode_opening(body: bytes) -> Opening:
    """Raises BadInput."""
    try:
        opening = _opening.decode(body)
    except MALFORMED as error:
        raise BadInput(f"this opens no stream: {error}") from error
    if len(opening.id) != 16:
        raise BadInput("the ID of a stream has 16 bytes")
    return opening


def decode_opened(body: bytes) -> Opened:
    """Raises BadInput."""
    try:
        return _opened.decode(body)
    except MALFORMED as error:
        raise BadInput(
            f"the other side answered something else than that it takes the stream: {error}"
        ) from error
