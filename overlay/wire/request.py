"""Requests to services and their results: MessagePack of typed structs, strict about what they hold. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

T = TypeVar("T", bound=msgspec.Struct)


class Nothing(msgspec.Struct, frozen=True):
    """A request or result without fields."""


_encoder = msgspec.msgpack.Encoder()


def encode_struct(value: msgspec.Struct) -> bytes:
    """The bytes of a request or result."""
    return _encoder.encode(value)


def decode_struct(data: bytes, kind: type[T]) -> T:
    """Raises BadInput, saying which field is wrong."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except MALFORMED as error:
        raise BadInput(f"malformed {kind.__name__}: {error}") from error
