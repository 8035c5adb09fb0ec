"""What a frame holds: a batch of items, compressed where that helps. Pure.

byte 0      0: MessagePack, 1: the same compressed with zlib
the rest    an array of items, each an array that begins with its kind
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from enum import IntEnum

import msgspec

from overlay.errors import BadEnvelope, TooLarge
from overlay.naming.subjects import Class, Priority
from overlay.wire.malformed import MALFORMED

_HEAD_PLAIN, _HEAD_PACKED = b"\0", b"\1"
_SAMPLE = 4096
_WORTH = 0.8
_LEVEL = 1


class Message(msgspec.Struct, array_like=True, frozen=True, tag="m"):
    """An envelope on its way. Class and priority are those of the subject it left on."""

    number: int
    """Counts the stored messages of a session from 1; 0: realtime."""
    cls: Class
    priority: Priority
    left_ms: int
    """How long it is still worth delivering: clocks of two domains differ, spans do not."""
    hops: int
    path: tuple[str, ...]
    """The domains it has been in."""
    envelope: bytes
    cast: bool = False
    """Whether it is for the members of a channel (GW-9)."""


class Failure(msgspec.Struct, array_like=True, frozen=True):
    """One message that was not taken, and why."""

    number: int
    id: bytes
    sender: str
    to: str
    reason: str
    slot: str = ""
    """The process of the sender; empty: nobody need be told."""
    priority: Priority = Priority.NORMAL
    back: tuple[str, ...] = ()
    """The domains that it goes back through from whoever is told this, the sender's own first."""
    retry_after_ms: int = 0
    """Of `overloaded`: sooner it would be refused again; 0: not known."""


class Ack(msgspec.Struct, array_like=True, frozen=True, tag="a"):
    """Cumulative: frames handled, stored messages settled. `failures` are settled and not stored."""

    frames: int
    stored: int
    failures: tuple[Failure, ...] = ()


class Heartbeat(msgspec.Struct, array_like=True, frozen=True, tag="h"):
    """Still here. `sent`: microseconds of the sender's own clock, for it to know again; 0: no answer."""

    sent: int = 0


class Echo(msgspec.Struct, array_like=True, frozen=True, tag="o"):
    """The answer to a heartbeat, at once: how long it takes there and back (GW-14)."""

    sent: int


class Processes(msgspec.Struct, array_like=True, frozen=True, tag="t"):
    """Which processes the sender's gateway has, by slot: a dialler keeps a line to each. `leaving`: the one
    that says so ends; send it nothing more, and end the line when it has all that is on its way.
    """

    slots: tuple[str, ...]
    leaving: bool = False


class Summary(msgspec.Struct, array_like=True, frozen=True, tag="s"):
    """What changed in the sender's registry, as that answered."""

    changes: bytes


class SyncRequest(msgspec.Struct, array_like=True, frozen=True, tag="r"):
    """Send me what changed after `since` of `log`, and from then on every change."""

    log: str
    since: int


class SyncProgress(msgspec.Struct, array_like=True, frozen=True, tag="p"):
    """One more `Summary` of yours is learned here: there is room for another."""


class LinkRequest(msgspec.Struct, array_like=True, frozen=True, tag="k"):
    """Renew our certificate at your broker, for the key of this CSR."""

    csr: bytes


class LinkCertificate(msgspec.Struct, array_like=True, frozen=True, tag="c"):
    """The answer: a certificate (DER), or why not."""

    certificate: bytes
    refusal: str = ""


class FarQuestion(msgspec.Struct, array_like=True, frozen=True, tag="q"):
    """What do you know of `domain`, which is no peer of ours, or of its agent `name`?"""

    id: bytes
    """Drawn by whoever sends this, for this hop."""
    domain: str
    name: str
    """Empty: its roots only."""
    left_ms: int
    """How long the answer is waited for."""
    hops: int
    path: tuple[str, ...]
    """The domains that ask it, the first one first."""


class FarAnswer(msgspec.Struct, array_like=True, frozen=True, tag="v"):
    """To the question with this ID: a `FarTold`, or why not."""

    id: bytes
    told: bytes
    refusal: str = ""
    reason: str = ""


class Default(IntEnum):
    """What a parent is for its child."""

    NONE = 0
    """We are no parent of yours."""
    PARTIAL = 1
    """Leave to us what you know no way for; but we lost our own parents."""
    ALL = 2


class Reach(msgspec.Struct, array_like=True, frozen=True, tag="n"):
    """Ways through the sender's domain, which each path begins with; it ends with where it leads (GW-8)."""

    paths: tuple[tuple[str, ...], ...]
    withdrawn: tuple[str, ...] = ()
    """Domains to which it leads no more."""
    default: Default = Default.NONE
    full: bool = False
    """What was told over this line before counts no more."""
    more: bool = False
    """The rest comes at once."""


class Trace(msgspec.Struct, array_like=True, frozen=True, tag="w"):
    """Who is on the way of what is for `domain`? Goes on as a message would (GW-8)."""

    id: bytes
    """Drawn by whoever sends this, for this hop."""
    domain: str
    hops: int
    path: tuple[str, ...]
    """The domains that it has been in."""


class TraceAnswer(msgspec.Struct, array_like=True, frozen=True, tag="y"):
    """The trace with this ID has reached the gateway of `domain`."""

    id: bytes
    domain: str
    reason: str = ""
    """Why it goes no further."""
    last: bool = False
    """Whether it ends there; without a reason, that is where it was meant to go."""


class ChannelWish(msgspec.Struct, array_like=True, frozen=True, tag="j"):
    """Send us what is published in this channel: it is for these domains. None: no longer (GW-9). Without a
    channel: that is all that we want now.
    """

    channel: str
    domains: tuple[str, ...]


class Bye(msgspec.Struct, array_like=True, frozen=True, tag="b"):
    """The end of this session. `leaving`: the domain peers with us no longer (GW-6)."""

    reason: str
    leaving: bool = False


Control = (
    Ack
    | Heartbeat
    | Summary
    | SyncRequest
    | SyncProgress
    | LinkRequest
    | LinkCertificate
    | FarQuestion
    | FarAnswer
    | Echo
    | Processes
    | Reach
    | Trace
    | TraceAnswer
    | ChannelWish
    | Bye
)
Item = Message | Control
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[Item, ...])


def encode_items(items: Sequence[Item]) -> bytes:
    """A frame, not compressed."""
    return _HEAD_PLAIN + _encoder.encode(items)


def squeeze(frame: bytes) -> bytes:
    """The frame compressed, if a sample of it shrinks; else itself: trying costs more than it gives."""
    sample = frame[1 : 1 + _SAMPLE]
    if len(zlib.compress(sample, _LEVEL)) >= _WORTH * len(sample):
        return frame
    return _HEAD_PACKED + zlib.compress(frame[1:], _LEVEL)


def decode_frame(data: bytes, max_bytes: int) -> tuple[Item, ...]:
    """Raises BadEnvelope; TooLarge above `max_bytes` (a small frame may unpack to a huge one)."""
    kind, rest = data[:1], data[1:]
    if kind == _HEAD_PACKED:
        rest = _unpacked(rest, max_bytes)
    elif kind != _HEAD_PLAIN:
        raise BadEnvelope("a frame of an unknown kind")
    if len(rest) > max_bytes:
        raise TooLarge(f"a frame of {len(rest)} bytes is over the limit of {max_bytes}")
    try:
        return _decoder.decode(rest)
    except MALFORMED as error:
        raise BadEnvelope(f"a malformed frame: {error}") from error


def _unpacked(data: bytes, max_bytes: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise BadEnvelope(f"a frame that does not decompress: {error}") from error
    if len(plain) > max_bytes:
        raise TooLarge(f"a frame unpacks to over {max_bytes} bytes")
    if not unpacking.eof or unpacking.unused_data:
        raise BadEnvelope("a compressed frame that ends too early or too late")
    return plain
