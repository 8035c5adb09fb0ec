"""What belongs to a task, in typed parts: of which each agent gets what it needs (AG-6). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import msgspec

from overlay.context.encoding import parts_of_json, parts_of_msgpack, parts_to_json, parts_to_msgpack
from overlay.context.part import Part
from overlay.context.pointer import WHOLE
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
    granted: tuple[str, ...] = ()
    """What `for_scopes` granted: whoever it is sent to gets that, and nothing else that is sensitive. It does
    not go along: what was granted to us is not ours to pass on.
    """

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
        """With these parts, which replace those of the same name: `context.put(Part("line", "data", 17))`."""
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
        return Context(tuple(parts), tuple(withheld), tuple(granted))

    def merged(self, returned: Context, by: str, *, given: Context, replace: Sequence[str] = ()) -> Context:
        """With what `by`, who was `given` some of it, put into what it returned. New parts are `by`'s,
        whatever they say; what it was given counts for nothing, but for the parts in `replace` that it was
        given whole: these are taken, and stay as sensitive as they were.

            context = context.merged(answer, "lab@b.example", given=sent, replace=("diagnosis",))

        Raises BadInput where it names a part as one that it was not given.
        """
        partly = {note.part for note in given.withheld}
        changed: list[Part] = []
        for part in returned.parts:
            if part.name in given and (part.name not in replace or part.name in partly):
                continue
            if part.name in self and part.name not in given:
                raise BadInput(f"{by} names a part {part.name[:80]!r}, as another is: name it otherwise")
            changed.append(_marked(part, self[part.name], by) if part.name in self else _by(part, by))
        return self.put(*changed)

    def encode(self) -> bytes:
        """As JSON, for files and people: `Path("context.json").write_bytes(context.encode())`."""
        return parts_to_json((self.parts, self.withheld))

    @classmethod
    def decode(cls, data: bytes | str) -> Self:
        """The inverse: `Context.decode(Path("context.json").read_bytes())`. Raises BadInput."""
        return cls(*parts_of_json(data))

    def pack(self) -> bytes:
        """As MessagePack, for messages: `await agent.send("bob@b.example", context.pack())`."""
        return parts_to_msgpack((self.parts, self.withheld))

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """The inverse: `Context.unpack(message.body)`. Raises BadInput."""
        return cls(*parts_of_msgpack(data))


def _by(part: Part, by: str) -> Part:
    return msgspec.structs.replace(part, by=by)


def _marked(part: Part, before: Part, by: str) -> Part:
    """As sensitive as the one before it, and for the same scopes."""
    sensitive, masked = {*part.sensitive, *before.sensitive}, {*part.masked, *before.masked}
    if part.encoding != "json":  # it has no fields: all of it, then
        sensitive, masked = {WHOLE for _ in sensitive}, {WHOLE for _ in masked}
    return msgspec.structs.replace(
        part,
        by=by,
        scopes=before.scopes,
        sensitive=tuple(sorted(sensitive)),
        masked=tuple(sorted(masked)),
        kind=before.kind,
    )
