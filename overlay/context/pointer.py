"""Where in a part something is: JSON pointers (RFC 6901), in which `*` is every item or field. Pure."""

from __future__ import annotations

from overlay.errors import BadInput

MAX_POINTER = 300
WHOLE = ""
"""The pointer to the whole part."""
ANY = "*"


def check_pointer(text: str) -> str:
    """`text`, if it is a pointer: empty, or `/field/0/*`. Raises BadInput."""
    escapes = text.count("~") == text.count("~0") + text.count("~1")
    if len(text) > MAX_POINTER or (text and not text.startswith("/")) or not escapes:
        raise BadInput(
            f"{text[:60]!r} is not a path in a part: write '' for all of it, or '/phone', '/address/street', "
            "'/messages/*/from' ('*': every one; '~0' is '~' and '~1' is '/')"
        )
    return text


def tokens(pointer: str) -> tuple[str, ...]:
    """Its steps; none for the whole."""
    if not pointer:
        return ()
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def covers(granted: str, pointer: str) -> bool:
    """Whether `pointer` is `granted` or within it: never where it could be more."""
    outer, inner = tokens(granted), tokens(pointer)
    return len(outer) <= len(inner) and all(
        here in (ANY, there) for here, there in zip(outer, inner, strict=False)
    )
