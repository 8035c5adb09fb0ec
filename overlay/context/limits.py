"""How large a context may be: what is over it is refused by name. Pure."""

from __future__ import annotations

from overlay.context.context import Context
from overlay.context.part import Part
from overlay.errors import TooLarge
from overlay.settings.context import ContextSettings

_INSTEAD = "offer it as a file (`ref = await agent.offer_file(path, to=[…])`) and put the reference in"


def check_limits(context: Context, settings: ContextSettings) -> None:
    """Raises TooLarge, which says which part, how large it is, the limit, and what to do instead."""
    count = len(context.parts) + len(context.withheld)
    if count > settings.context_parts:
        raise TooLarge(f"a context of {count} parts is over the limit of {settings.context_parts}")
    for part in context.parts:
        limit = settings.context_kind_bytes.get(part.kind, settings.context_part_bytes)
        if part.size > limit:
            raise TooLarge(
                f"the part {part.name!r} ({part.kind}) has {part.size} bytes, and the limit is {limit}: "
                f"shorten it, or {_INSTEAD}"
            )
    whole = sum(part.size for part in context.parts)
    if whole > settings.context_bytes:
        largest: Part = max(context.parts, key=lambda part: part.size)
        raise TooLarge(
            f"the context has {whole} bytes, and the limit is {settings.context_bytes}; the largest part is "
            f"{largest.name!r} with {largest.size}: leave parts out by their scopes, or {_INSTEAD}"
        )
