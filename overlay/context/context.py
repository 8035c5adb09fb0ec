"""What belongs to a task, in typed parts: of which each agent gets what it needs (AG-6). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from overlay.context.encoding import parts_of_json, parts_of_msgpack, parts_to_json, parts_to_msgpack
from overlay.context.part import Part
from overlay.context.sensitive import Withheld, shown
from overlay.errors import BadInput

EVERYTHING = "*"
"""In place of scopes: every part."""


class Context(msgspec.Struct, frozen=True):
    """An ordered set of parts. Nothing changes one: each method returns another.

        context = Context((Part("order", "task", "fibre"), Part("caller", "contact", {"phone": "+49…"})))

    Raises BadInput where two parts have one name.
    """

    parts: tuple[Part, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    """What we did not get of it: names and kinds."""

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise BadInput(f"two parts are named {twice!r}: each name is there once")

    def __contains__(self, name: str) -> bool:
        return any(part.name == name for part in self.parts)

    def __getitem__(self, name: str) -> Part:
        """The part of this name: `context["caller"].data`. Raises KeyError."""
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def of_kind(self, kind: str) -> tuple[Part, ...]:
        """`context.of_kind("conversation")`."""
        return tuple(part for part in self.parts if part.kind == kind)

    def put(self, *parts: Part) -> Self:
        """With these parts, which replace those of the same name: `context.put(Part("sla", "data", {…}))`."""
        new = {part.name: part for part in parts}
        kept = [new.pop(part.name, part) for part in self.parts]
        return msgspec.structs.replace(self, parts=(*kept, *new.values()))

    def without(self, *names: str) -> Self:
        """Without the parts of these names: `context.without("caller")`."""
        return msgspec.structs.replace(self, parts=tuple(one for one in self.parts if one.name not in names))

    def for_scopes(self, scopes: Iterable[str], granted: Sequence[str] = ()) -> Context:
        """What somebody gets who works within `scopes` (`("*",)`: all of them). Sensitive fields are withheld
        or masked unless `granted`: `"caller"` grants all of that part, `"caller/phone"` one field of it. What
        is outside of the scopes is not even named.

            for_technician = context.for_scopes(("task", "contact"), granted=("caller/phone",))
        """
        wanted = set(scopes)
        parts: list[Part] = []
        withheld = [note for note in self.withheld if EVERYTHING in wanted or note.kind in wanted]
        for part in self.parts:
            if EVERYTHING not in wanted and wanted.isdisjoint(part.scopes):
                continue
            seen, notes = shown(part, granted)
            withheld += (note for note in notes if note not in withheld)
            if seen is not None:
                parts.append(seen)
        return Context(tuple(parts), tuple(withheld))

    def encode(self) -> bytes:
        """As JSON, for files and people."""
        return parts_to_json((self.parts, self.withheld))

    @classmethod
    def decode(cls, data: bytes | str) -> Self:
        """The inverse: `Context.decode(Path("context.json").read_bytes())`. Raises BadInput."""
        return cls(*parts_of_json(data))

    def pack(self) -> bytes:
        """As MessagePack, for messages (`carrying.py`)."""
        return parts_to_msgpack((self.parts, self.withheld))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """The inverse. Raises BadInput."""
        return cls(*parts_of_msgpack(data))
