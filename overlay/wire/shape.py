"""Whether a struct that a program made has the fields that its type says, in words for who wrote it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from overlay.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)
_SAID = re.compile(r"Expected `([^`]+)`, got `([^`]+)`(?: - at `\$\.?(.*)`)?")
_WORDS = {
    "array": "a list or tuple",
    "object": "a table",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "null": "None",
    "bytes": "bytes",
}


def check_shape(value: T, what: str, objects: Mapping[str, str] | None = None) -> T:
    """`value`, its lists as tuples. Raises BadInput, which names the field, what it is and what it may be.
    `objects`: what to write for a part that is itself a struct, by its field: `{"place": "Place(…)"}`.
    """
    try:
        return msgspec.convert(msgspec.to_builtins(value, builtin_types=(bytes,)), type(value))
    except msgspec.ValidationError as error:
        raise BadInput(f"{what}: {_in_words(str(error), objects or {})}") from error
    except (TypeError, ValueError) as error:
        raise BadInput(f"{what} has a field of a type that it cannot have: {error}") from error


def _in_words(text: str, objects: Mapping[str, str]) -> str:
    found = _SAID.match(text)
    if found is None:
        return text.replace("`", "'").replace("$.", "")
    wanted, got, field = found[1], found[2], found[3] or ""
    name = re.split(r"[\[.]", field)[0]
    allowed = " or ".join(_WORDS.get(kind, kind) for kind in wanted.split(" | "))
    if "object" in wanted and name in objects:
        allowed = objects[name]
    elif wanted == "array" and field == name:
        allowed = f"a list or tuple; of one item {name}=(…,)"
    return f"{field} is {_WORDS.get(got, got)}; write {allowed}"
