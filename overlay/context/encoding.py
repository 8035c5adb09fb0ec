"""Parts as bytes: JSON for people and files, MessagePack within messages. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from overlay.content.file_ref import FileRef
from overlay.context.part import Part
from overlay.context.sensitive import Withheld
from overlay.context.value import Encoding, Value
from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

MAX_PARTS = 1000


class _Written(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    kind: str
    encoding: Encoding
    data: Any
    media_type: str = ""
    scopes: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    by: str = ""


class _Context(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    parts: tuple[_Written, ...] = ()
    withheld: tuple[Withheld, ...] = ()


_json = msgspec.json.Decoder(_Context)
_msgpack = msgspec.msgpack.Decoder(_Context)


Parts = tuple[tuple[Part, ...], tuple[Withheld, ...]]
"""Those of a context, and what was withheld of it."""


def parts_to_json(parts: Parts) -> bytes:
    """Bytes are base64 in it."""
    return msgspec.json.encode(_written(parts))


def parts_of_json(data: bytes | str) -> Parts:
    """The inverse. Raises BadInput, which says which part is wrong."""
    try:
        written = _json.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this is no context: {error}") from error
    return _read(written, in_json=True)


def parts_to_msgpack(parts: Parts) -> bytes:
    """Bytes are bytes in it."""
    return msgspec.msgpack.encode(_written(parts))


def parts_of_msgpack(data: bytes) -> Parts:
    """The inverse. Raises BadInput, which says which part is wrong."""
    try:
        written = _msgpack.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this is no context: {error}") from error
    return _read(written, in_json=False)


def _written(parts: Parts) -> _Context:
    return _Context(tuple(_write(part) for part in parts[0]), parts[1])


def _write(part: Part) -> _Written:
    fields = {name: getattr(part, name) for name in Part.__struct_fields__}
    return _Written(encoding=part.encoding, **fields)


def _read(written: _Context, *, in_json: bool) -> Parts:
    if len(written.parts) + len(written.withheld) > MAX_PARTS:
        raise BadInput(f"a context has at most {MAX_PARTS} parts")
    return tuple(_part(part, in_json=in_json) for part in written.parts), written.withheld


def _part(written: _Written, *, in_json: bool) -> Part:
    fields = {name: getattr(written, name) for name in Part.__struct_fields__}
    try:
        part = Part(**{**fields, "data": _value(written, in_json=in_json)})
    except BadInput as error:
        raise BadInput(f"the part {written.name[:80]!r} of a context: {error}") from error
    if part.encoding != written.encoding:
        raise BadInput(f"the part {written.name!r} is said to be {written.encoding}, and is {part.encoding}")
    return part


def _value(written: _Written, *, in_json: bool) -> Value:
    match written.encoding:
        case "file":
            try:
                return msgspec.convert(written.data, FileRef)
            except MALFORMED as error:
                raise BadInput(f"no file reference: {error}") from error
        case "bytes" if in_json:
            try:
                return base64.b64decode(written.data, validate=True)
            except (binascii.Error, TypeError, ValueError) as error:
                raise BadInput(f"no base64: {error}") from error
        case _:
            return written.data
