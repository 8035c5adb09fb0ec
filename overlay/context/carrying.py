"""How a context travels: before the body of a message, where an attribute says so. Pure.

4 bytes     length of the context, big-endian
context     MessagePack (`Context.pack`)
the rest    the body, as it is
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import msgspec

from overlay.context.context import EVERYTHING, Context
from overlay.context.limits import check_limits
from overlay.errors import BadInput
from overlay.settings.context import ContextSettings

CARRIES = "overlay.carries"
"""The attribute of a message whose body has a context before it."""
_VERSION = "context/1"
_LENGTH = struct.Struct(">I")


def carry(
    body: bytes,
    context: Context | None,
    settings: ContextSettings,
    *,
    scopes: Sequence[str] = (EVERYTHING,),
    granted: Sequence[str] = (),
) -> tuple[bytes, dict[str, str]]:
    """What to send: the body with as much of the context as is for `scopes` and `granted`, and the
    attributes that say so. Without a context: the body, and no attributes. Raises TooLarge.
    """
    if context is None:
        return body, {}
    packed = pack(context.for_scopes(scopes, granted), settings)
    return b"".join((_LENGTH.pack(len(packed)), packed, body)), {CARRIES: _VERSION}


def pack(context: Context, settings: ContextSettings) -> bytes:
    """Raises TooLarge."""
    check_limits(context, settings)
    return context.pack()


def take(
    body: bytes, attributes: Mapping[str, str], sender: str, settings: ContextSettings
) -> tuple[bytes, Context | None]:
    """The inverse: body and context of what `sender` sent; where parts do not say who put them in, it was the
    sender. Raises BadInput, TooLarge.
    """
    version = attributes.get(CARRIES)
    if version is None:
        return body, None
    if version != _VERSION:
        raise BadInput(f"the message carries {version[:40]!r}, of which only {_VERSION!r} is known here")
    if len(body) < _LENGTH.size:
        raise BadInput("the message ends within its context")
    (length,) = _LENGTH.unpack_from(body)
    end = _LENGTH.size + length
    if end > len(body):
        raise BadInput("the message ends within its context")
    return body[end:], unpack(body[_LENGTH.size : end], sender, settings)


def unpack(packed: bytes, sender: str, settings: ContextSettings) -> Context:
    """Raises BadInput, TooLarge."""
    context = Context.unpack(packed)
    check_limits(context, settings)
    parts = tuple(part if part.by else msgspec.structs.replace(part, by=sender) for part in context.parts)
    return msgspec.structs.replace(context, parts=parts)
