"""The envelope: one message on any broker. Pure.

    byte 0      'O'
    byte 1      version (1)
    bytes 2-3   length of the header, big-endian
    header      MessagePack array, see `Header`
    the rest    the sealed content, see `overlay.trust.keyring`

The header is read without touching the body. It is authenticated, not secret: seal and header are bound
together with the subject (`associated_data`). A later version appends fields; decoders ignore what follows
the ones they know, and refuse another version.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

import msgspec

from overlay.errors import BadEnvelope, TooLarge
from overlay.naming.ids import PartyId, check_name
from overlay.naming.subjects import Class, Priority
from overlay.wire.malformed import MALFORMED

VERSION = 1
MAX_HEADER = 8 * 1024
_MAGIC = 0x4F
_PREFIX = struct.Struct(">BBH")


class Header(msgspec.Struct, array_like=True, frozen=True):
    """Who, to whom, until when, and under which key. Never changed on the way."""

    id: bytes
    """16 random bytes; with `sender`, the identity of the message."""
    sender: str
    """`name@domain`"""
    to: str
    """`name@domain`"""
    cls: Class
    priority: Priority
    deadline_ms: int
    """Milliseconds since 1970 by the sender's clock; after it the message counts for nothing."""
    key_id: bytes
    """16 bytes: which message key seals the body."""
    counter: int
    """The nonce: never twice with one key."""
    slot: str = ""
    """The process of `to` that this is for; empty: whichever is free."""
    sender_slot: str = ""
    """The process that sent this, and reads answers."""
    wrap: bytes = b""
    """The message key, wrapped for the receiver; empty once the receiver confirmed it."""
    card: bytes = b""
    """The sender's key card, with its certificate, whenever `wrap` is there."""


class Envelope(NamedTuple):
    """A decoded envelope. Nothing in it is proved until it is opened."""

    header: Header
    header_bytes: bytes
    """Exactly as they were on the wire: this is what the seal covers."""
    sealed: bytes


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Header)


def encode_header(header: Header) -> bytes:
    """The header's bytes. Raises TooLarge."""
    data = _encoder.encode(header)
    if len(data) > MAX_HEADER:
        raise TooLarge(f"a header of {len(data)} bytes is over the limit of {MAX_HEADER}")
    return data


def encode_envelope(header_bytes: bytes, sealed: bytes) -> bytes:
    """The envelope's bytes."""
    return _PREFIX.pack(_MAGIC, VERSION, len(header_bytes)) + header_bytes + sealed


def decode_envelope(data: bytes) -> Envelope:
    """Raises BadEnvelope; BadName when sender or receiver is no agent ID, or a slot no name."""
    header_bytes = _header_bytes(data)
    return Envelope(_header(header_bytes), header_bytes, data[_PREFIX.size + len(header_bytes) :])


def decode_header(data: bytes) -> Header:
    """That of an envelope. Raises what `decode_envelope` raises, and for the same."""
    return _header(_header_bytes(data))


def _header_bytes(data: bytes) -> bytes:
    if len(data) < _PREFIX.size:
        raise BadEnvelope(f"{len(data)} bytes are too few for an envelope")
    magic, version, length = _PREFIX.unpack_from(data)
    if magic != _MAGIC:
        raise BadEnvelope("these bytes are not an envelope")
    if version != VERSION:
        raise BadEnvelope(f"envelope version {version} is not spoken here, only {VERSION}: upgrade one side")
    end = _PREFIX.size + length
    if length > MAX_HEADER or end > len(data):
        raise BadEnvelope("the envelope ends inside its header")
    return data[_PREFIX.size : end]


def _header(header_bytes: bytes) -> Header:
    try:
        header = _decoder.decode(header_bytes)
    except MALFORMED as error:
        raise BadEnvelope(f"the header is malformed: {error}") from error
    check_header(header)
    return header


def check_header(header: Header) -> None:
    """What types cannot say. Raises BadEnvelope, BadName."""
    if len(header.id) != 16 or len(header.key_id) != 16:
        raise BadEnvelope("message IDs and key IDs have 16 bytes")
    if not 0 <= header.counter < 1 << 64 or not 0 < header.deadline_ms < 1 << 53:
        raise BadEnvelope("counter or deadline is out of range")
    if (header.wrap == b"") is not (header.card == b""):
        raise BadEnvelope("a wrapped key comes with the sender's card, and a card with a wrapped key")
    _check_names(header.sender, header.to, header.slot, header.sender_slot)


@lru_cache(maxsize=16384)
def _check_names(sender: str, to: str, *slots: str) -> None:
    """Of those who talk with each other: once."""
    PartyId.parse(sender)
    PartyId.parse(to)
    for slot in slots:
        if slot:  # a token of subjects that answers are published on
            check_name(slot)


def associated_data(subject: str, header_bytes: bytes) -> bytes:
    """What a seal is bound to: the subject that the sender published on, and the whole header."""
    return subject.encode() + b"\x00" + header_bytes
