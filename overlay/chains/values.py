"""Bodies as JSON where conditions and references look into them, and inputs made of what steps gave. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from overlay.chains.document import depth
from overlay.chains.writing import FROM
from overlay.errors import BadInput, TooLarge

_DEEPEST = 100
_ROUNDS = ("last", "previous", "all")
_INDEX = re.compile(r"[0-9]{1,9}\Z")
MISSING = object()
"""There is nothing."""


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"step": FROM}):
    """`{"$from": …}` in an input."""

    step: str
    path: str = ""
    rounds: str = "last"
    default: Any = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Opaque:
    """Bytes that are neither JSON nor text: they are handed on, and nothing looks into them."""

    data: bytes


def value_of(body: bytes) -> object:
    """JSON, else text, else Opaque."""
    try:
        if depth(body) <= _DEEPEST:
            return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return Opaque(body)


def body_of(value: object) -> bytes:
    """What is sent: bytes as they are, text as text, all else as JSON."""
    match value:
        case bytes():
            return value
        case Opaque(data):
            return data
        case str():
            return value.encode()
        case _:
            return msgspec.json.encode(value)


def look(value: object, path: str) -> object:
    """What lies there, or MISSING."""
    for name in path.split(".") if path else ():
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and _INDEX.match(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return MISSING
    return value


def reference_of(value: object) -> Reference | None:
    """Whether this part of an input is a reference. Raises BadInput for a wrong one."""
    if not isinstance(value, dict) or FROM not in value:
        return None
    try:
        found = msgspec.convert(value, Reference)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"an object with '{FROM}' is a reference ({FROM}, path, rounds, default): {error}"
        ) from error
    if found.rounds not in _ROUNDS:
        raise BadInput(f"rounds is one of {', '.join(_ROUNDS)}, not {found.rounds!r}")
    return found


def references(template: object) -> Iterator[Reference]:
    """All in an input, those that are right. Raises BadInput for the first wrong one."""
    found = reference_of(template)
    if found is not None:
        yield found
    elif isinstance(template, dict):
        for value in template.values():
            yield from references(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from references(value)


def fill(template: object, given: Callable[[Reference], object], most_bytes: int) -> object:
    """The input, with what `given` says (a value, or MISSING) in the place of each reference.

    Raises BadInput: there is nothing at one without a default, or bytes that are no text stand inside JSON;
    TooLarge: all references together stand for more.
    """
    alone = reference_of(template)
    if alone is not None and not alone.path:
        return _or_default(alone, given(alone))
    left = most_bytes

    def counted(reference: Reference) -> object:
        nonlocal left
        value = _inside(reference, _or_default(reference, given(reference)))
        left -= len(msgspec.json.encode(value))
        if left < 0:
            raise TooLarge(f"what it refers to has more than {most_bytes} bytes: hand on a file")
        return value

    return _filled(template, counted)


def _filled(template: object, given: Callable[[Reference], object]) -> object:
    found = reference_of(template)
    if found is not None:
        return given(found)
    if isinstance(template, dict):
        return {name: _filled(value, given) for name, value in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(value, given) for value in template]
    return template


def _or_default(reference: Reference, value: object) -> object:
    if value is not MISSING:
        return value
    if reference.default is not msgspec.UNSET:
        return reference.default
    where = f"{reference.step}.{reference.path}" if reference.path else reference.step
    raise BadInput(f"there is nothing at {where!r}, and the reference has no default")


def _inside(reference: Reference, value: object) -> object:
    if isinstance(value, Opaque):
        raise BadInput(f"what {reference.step!r} gave is neither JSON nor text: hand it on alone")
    return value
