"""What of a part is shown to whom: the rest is withheld, or masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from overlay.context.part import Part
from overlay.context.pointer import ANY, WHOLE, covers, tokens
from overlay.context.value import Value

WITHHELD = "[withheld]"
_BULLETS = "•••••"
"""As many whatever the length was."""
_MASKED = re.compile(rf".{{0,3}}{_BULLETS}.{{0,2}}\Z", re.DOTALL)
_SHORTEST = 8
"""A text with fewer characters is not shown in part."""


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody did not get: its name and kind, never its value."""

    part: str
    kind: str
    path: str = WHOLE
    masked: bool = False
    """A part of it is shown."""


def granted_paths(part: str, granted: Iterable[str]) -> tuple[str, ...]:
    """Of grants such as `caller` (all of this part) and `caller/phone`, the pointers about `part`."""
    split = (grant.partition("/") for grant in granted)
    return tuple(f"/{path}" if slash else WHOLE for name, slash, path in split if name == part)


def shown(part: Part, granted: Iterable[str]) -> tuple[Part | None, tuple[Withheld, ...]]:
    """The part as one sees it who was granted these; None: nothing of it. And what was withheld."""
    paths = granted_paths(part.name, granted)
    hidden = _not_covered(part.sensitive, paths)
    masks = [
        mask for mask in _not_covered(part.masked, paths) if not any(covers(one, mask) for one in hidden)
    ]
    notes = [Withheld(part.name, part.kind, pointer) for pointer in hidden]
    notes += [Withheld(part.name, part.kind, pointer, masked=True) for pointer in masks]
    if not notes:
        return part, ()
    if WHOLE in hidden or (WHOLE in masks and not isinstance(part.data, str)):
        return None, (Withheld(part.name, part.kind),)
    data = part.data
    for pointer in hidden:
        data = _changed(data, tokens(pointer), lambda _: WITHHELD)
    for pointer in masks:
        data = _changed(data, tokens(pointer), mask)
    return msgspec.structs.replace(part, data=data), tuple(notes)


def mask(value: Value) -> Value:
    """The ends of a text or number, at most half of it; anything else is withheld."""
    if not _maskable(value):
        return WITHHELD
    text = str(value)
    if _MASKED.match(text):
        return text
    if len(text) < _SHORTEST:
        return _BULLETS
    first, last = min(3, len(text) // 4), min(2, len(text) // 4)
    return f"{text[:first]}{_BULLETS}{text[-last:]}"


def _maskable(value: Value) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _not_covered(pointers: Iterable[str], paths: tuple[str, ...]) -> list[str]:
    return [pointer for pointer in pointers if not any(covers(path, pointer) for path in paths)]


def _changed(value: Value, path: tuple[str, ...], change: Callable[[Value], Value]) -> Value:
    """`value` with what is at `path` changed; where there is nothing, nothing is."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    match value:
        case dict():
            return {
                key: _changed(item, rest, change) if step in (ANY, key) else item
                for key, item in value.items()
            }
        case list():
            return [
                _changed(item, rest, change) if step in (ANY, str(at)) else item
                for at, item in enumerate(value)
            ]
        case _:
            return value
