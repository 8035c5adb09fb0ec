"""JSON of strangers and for signatures: I-JSON (RFC 7493) only is read, RFC 8785 is written. Pure."""

from __future__ import annotations

import json
from typing import NoReturn

import rfc8785

from overlay.errors import BadCredential

_MAX_DEPTH = 16


def parse_object(data: bytes | str, limit: int, what: str) -> dict[str, object]:
    """The JSON object in `data`, of up to `limit` bytes. Raises BadCredential: also for names that are there
    twice, numbers that others may read differently, and text that is no Unicode.
    """
    if len(data) > limit:
        raise BadCredential(f"malformed: {what} is longer than {limit} bytes")
    try:
        text = data if isinstance(data, str) else data.decode()
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_number)
        if not isinstance(found, dict):
            raise BadCredential(f"malformed: {what} is no JSON object")
        _check_depth(found, _MAX_DEPTH)
        rfc8785.dumps(found)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BadCredential(f"malformed: {what} is not strict JSON: {error}") from error
    return found


def canonical(value: object) -> bytes:
    """The one way to write a JSON value (RFC 8785). Raises BadCredential when it has none."""
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # it checks what it is given
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise BadCredential(f"malformed: this cannot be written as JSON: {error}") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _check_depth(value: object, left: int) -> None:
    if left < 0:
        raise ValueError(f"it is nested deeper than {_MAX_DEPTH}")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_depth(item, left - 1)
