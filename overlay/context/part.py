"""One part of a context: what it is, who may need it, and what of it is sensitive. Pure."""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import force_setattr

from overlay.content.media_type import check_media_type
from overlay.context.pointer import WHOLE, check_pointer
from overlay.context.value import MEDIA_TYPES, Encoding, Value, encoding_of, own, size_of
from overlay.errors import BadInput
from overlay.naming.ids import PartyId, check_skill

CONTACT = "contact"
"""How to reach the user."""
TASK = "task"
"""What is to be done."""
PREFERENCES = "preferences"
"""What is known from before."""
CONVERSATION = "conversation"
DATA = "data"
"""Structured data."""
FILE = "file"
"""A `FileRef`."""
MAX_SCOPES = 32
MAX_MARKS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")


class Part(msgspec.Struct, frozen=True):
    """Raises BadInput for what cannot be one.

    Part("caller", "contact", {"name": "Ana", "phone": "+49170…"}, sensitive=("/name",), masked=("/phone",))
    """

    name: str
    """Names it within its context: up to 80 letters, digits, '.', '_' and '-'."""
    kind: str
    """One of the kinds above, or a free one: lower-case words joined by dots."""
    data: Value
    """`str`: text; `bytes`; `FileRef`; JSON. A copy is kept."""
    media_type: str = ""
    """Empty: that of its encoding."""
    scopes: tuple[str, ...] = ()
    """Who works within one of these may need it. Empty: its kind."""
    sensitive: tuple[str, ...] = ()
    """Withheld unless granted: JSON pointers into `data`; '' is the whole part."""
    masked: tuple[str, ...] = ()
    """The same, shown as `+49•••••12` where it is a text or number."""
    by: str = ""
    """`name@domain` of whoever put it in, as the one said from whom the context came; empty: we did."""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise BadInput(
                f"{self.name[:60]!r} cannot name a part: use up to 80 letters, digits, '.', '_' and '-'"
            )
        check_skill(self.kind)
        force_setattr(self, "data", own(self.data))
        force_setattr(self, "media_type", check_media_type(self.media_type or MEDIA_TYPES[self.encoding]))
        force_setattr(self, "scopes", self.scopes or (self.kind,))
        if self.by:
            PartyId.parse(self.by)
        self._check_marks()

    def _check_marks(self) -> None:
        if len(self.scopes) > MAX_SCOPES or len(self.sensitive) + len(self.masked) > MAX_MARKS:
            raise BadInput(
                f"the part {self.name!r} has more than {MAX_SCOPES} scopes, or {MAX_MARKS} sensitive paths"
            )
        for scope in self.scopes:
            check_skill(scope)
        for pointer in (*self.sensitive, *self.masked):
            if check_pointer(pointer) != WHOLE and self.encoding != "json":
                raise BadInput(
                    f"the part {self.name!r} is {self.encoding}, without fields: {pointer!r} marks nothing "
                    "in it; mark all of it by ''"
                )

    @property
    def encoding(self) -> Encoding:
        """How its data is written: text, json, bytes (base64 in JSON), file."""
        return encoding_of(self.data)

    @property
    def size(self) -> int:
        """Of its data, in bytes."""
        return size_of(self.data)
