"""How a context travels: packed in what is said of a task, and never more than is granted. Pure."""

from __future__ import annotations

import msgspec

from overlay.context.context import EVERYTHING, Context
from overlay.context.limits import check_limits
from overlay.settings.context import ContextSettings


def pack(context: Context, settings: ContextSettings) -> bytes:
    """For a receiver: what is sensitive in it is withheld or masked, but for what `for_scopes` granted.
    Raises TooLarge.
    """
    shown = context.for_scopes((EVERYTHING,), context.granted)
    check_limits(shown, settings)
    return shown.pack()


def unpack(packed: bytes, sender: str, settings: ContextSettings) -> Context:
    """The inverse; where parts do not say who put them in, it was the sender. Raises BadInput, TooLarge."""
    context = Context.unpack(packed)
    check_limits(context, settings)
    parts = tuple(part if part.by else msgspec.structs.replace(part, by=sender) for part in context.parts)
    return msgspec.structs.replace(context, parts=parts)
