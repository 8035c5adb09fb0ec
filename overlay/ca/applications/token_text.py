"""Tokens as one line of text: base64url, four bytes of checksum first, so that a bad copy is told from a bad
token. Pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TypeVar

import msgspec

from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

T = TypeVar("T", bound=msgspec.Struct)
_CHECK = 4


def print_text(what: str, token: msgspec.Struct) -> str:
    """The line. `what` it is, "join token", is in the checksum: one kind is not taken for another."""
    data = msgspec.msgpack.encode(token)
    return base64.urlsafe_b64encode(_check(what, data) + data).rstrip(b"=").decode()


def parse_text(what: str, text: str, kind: type[T]) -> T:
    """The inverse; white space from line wrapping is ignored. Raises BadInput."""
    line = "".join(text.split())
    try:
        data = base64.b64decode(line + "=" * (-len(line) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"this is no whole {what} ({error}): copy the whole line again") from error
    check, body = data[:_CHECK], data[_CHECK:]
    if _check(what, body) != check:
        raise BadInput(f"the {what} is incomplete or was changed: copy the whole line again")
    try:
        return msgspec.msgpack.decode(body, type=kind)
    except MALFORMED as error:
        raise BadInput(f"the {what} is of another version: {error}. Ask for a new one") from error


def _check(what: str, data: bytes) -> bytes:
    return hashlib.sha256(what.encode() + b"\x00" + data).digest()[:_CHECK]
