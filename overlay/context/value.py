"""What a part may hold: text, JSON, bytes, or a reference to a file. Pure."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from overlay.content.file_ref import FileRef
from overlay.content.media_type import BYTES, FILE_REF, JSON, TEXT
from overlay.errors import BadInput

MAX_DEPTH = 32
"""Of JSON within JSON."""
_LARGEST = 2**63
Encoding = Literal["text", "json", "bytes", "file"]
Value = Any
"""`str` is text; `bytes`; `FileRef`; everything else is JSON: dict, list, number, bool, None."""
MEDIA_TYPES: dict[Encoding, str] = {"text": TEXT, "json": JSON, "bytes": BYTES, "file": FILE_REF}


def encoding_of(value: Value) -> Encoding:
    """How it is written."""
    match value:
        case str():
            return "text"
        case bytes():
            return "bytes"
        case FileRef():
            return "file"
        case _:
            return "json"


def size_of(value: Value) -> int:
    """In bytes, as text in UTF-8, as JSON, or as they are."""
    match value:
        case bytes():
            return len(value)
        case str():
            return len(value.encode())
        case _:
            return len(msgspec.json.encode(value))


def own(value: Value) -> Value:
    """A copy that nobody else changes. Raises BadInput for what JSON cannot say."""
    if isinstance(value, bytes | FileRef):
        return value
    check_json(value)
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except UnicodeError as error:  # half of a surrogate pair
        raise BadInput(f"this is no text: {error}") from error


def check_json(value: Value, depth: int = 0) -> None:
    """Raises BadInput unless it is JSON that every decoder reads alike."""
    match value:
        case None | bool() | str():
            return
        case int() if -_LARGEST <= value < _LARGEST:
            return
        case float() if math.isfinite(value):
            return
        case dict() | list() | tuple() if depth >= MAX_DEPTH:
            raise BadInput(f"JSON of a context is nested at most {MAX_DEPTH} deep")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise BadInput(f"keys in JSON are text, not {type(key).__name__}")
                check_json(item, depth + 1)
        case list() | tuple():
            for item in value:
                check_json(item, depth + 1)
        case _:
            raise BadInput(
                f"a part of a context is text, bytes, a FileRef or JSON; {str(value)[:40]!r} "
                f"({type(value).__name__}) is none of these"
            )
