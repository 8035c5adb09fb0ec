"""JSON of strangers: whatever is wrong is said with the place where it is (`$.skills[0].id`). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import NoReturn

from overlay.credentials.strict_json import parse_object
from overlay.errors import BadCredential, BadInput, OverlayError, TooLarge
from overlay.settings import Settings

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Node:
    """An object somewhere in a document."""

    def __init__(self, content: Mapping[str, object], path: str = "$") -> None:
        self.content = content
        self.path = path

    def wrong(self, name: str, why: str) -> NoReturn:
        """Raises BadInput."""
        raise BadInput(f"{self.at(name)}: {why}")

    def at(self, name: str) -> str:
        """The path of a member."""
        shown = name[:80]
        return f"{self.path}.{shown}" if _PLAIN.match(shown) else f"{self.path}[{shown!r}]"

    def text(self, name: str, default: str | None = "") -> str:
        """Raises BadInput: not a text, or missing where there is no `default`."""
        value = self.content.get(name, default)
        if value is None and name not in self.content:
            self.wrong(name, "this is missing")
        if not isinstance(value, str):
            self.wrong(name, f"this is a text, not {_kind(value)}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Raises BadInput."""
        value = self.content.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(name, "this is a number" if name in self.content else "this is missing")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of it. Raises BadInput."""
        value = self.content.get(name, [])
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            self.wrong(name, "this is a list of texts")
        return tuple(listed)

    def node(self, name: str) -> Node:
        """An object; an empty one when it is missing. Raises BadInput."""
        value = self.content.get(name, {})
        if not isinstance(value, dict):
            self.wrong(name, f"this is an object, not {_kind(value)}")
        return Node(value, self.at(name))

    def nodes(self, name: str) -> list[Node]:
        """A list of objects. Raises BadInput."""
        value = self.content.get(name, [])
        if not isinstance(value, list):
            self.wrong(name, f"this is a list of objects, not {_kind(value)}")
        for at, item in enumerate(value):
            if not isinstance(item, dict):
                raise BadInput(f"{self.at(name)}[{at}]: this is an object, not {_kind(item)}")
        return [Node(item, f"{self.at(name)}[{at}]") for at, item in enumerate(value)]

    def checked(self, name: str, value: str, check: Callable[[str], object]) -> str:
        """`value` of a member, if `check` finds nothing. Raises BadInput with the path."""
        try:
            check(value)
        except OverlayError as error:
            self.wrong(name, str(error))
        return value

    def leftover(self, known: Collection[str]) -> dict[str, object]:
        """Members whose names have a prefix (`geo:box`): extensions. Any other that is not known is refused:
        it would be a slip, or something that its author counts on. Raises BadInput.
        """
        more = {name: value for name, value in self.content.items() if name not in known}
        for name in more:
            if ":" not in name:
                near = get_close_matches(name, known, n=1)
                hint = f": did you mean {near[0]!r}?" if near else "; extensions have a prefix (`my:term`)"
                self.wrong(name, f"this term is not known{hint}")
        return more


def parse_json(data: str | bytes, what: str, settings: Settings) -> dict[str, object]:
    """The object in a text of a stranger. Raises BadInput, TooLarge."""
    if len(data) > settings.description_bytes:
        raise TooLarge(f"{what} is longer than {settings.description_bytes} bytes (description_bytes)")
    try:
        found = parse_object(data, settings.description_bytes, what)
    except BadCredential as error:
        raise BadInput(str(error).removeprefix("malformed: ")) from error
    check_depth(found, settings.description_depth)
    return found


def check_depth(value: object, left: int, path: str = "$") -> None:
    """Raises TooLarge."""
    if left < 0:
        raise TooLarge(f"{path[:200]}: this is nested too deep (description_depth)")
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, item in members:
        check_depth(item, left - 1, f"{path}[{name!r}]")


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
