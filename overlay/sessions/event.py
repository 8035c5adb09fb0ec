"""What the application sees of a line of a session's record. Pure."""

from __future__ import annotations

import hashlib

import msgspec

from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.quality.quality import Quality
from overlay.sessions.protocol import Kind, Line
from overlay.trust.keys import ID_BYTES, new_id
from overlay.wire.body import text_of, to_bytes


class Event(msgspec.Struct, frozen=True):
    """One event. All participants see the same ones, with the same numbers."""

    number: int
    """1, 2, 3 … without gaps."""
    at: float
    """When the session service wrote it down, seconds since 1970."""
    kind: Kind
    sender: PartyId
    id: bytes
    body: bytes = b""
    """What was said; else empty."""
    attributes: dict[str, str] = {}
    withheld: bool = False
    """It was said when we were not in the session, and nobody granted us the key of then: no body."""
    quality: Quality | None = None
    """The new one."""
    upto: int = 0
    """Of a checkpoint: the number up to which it counts."""
    why: str = ""
    """Why the session ended."""

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)


def event_of(line: Line) -> Event:
    """Of a line that nothing has to be opened for. Raises BadInput."""
    event = Event(line.number, line.at, line.kind, PartyId.parse(line.sender), line.id)
    match line.kind:
        case Kind.QUALITY:
            try:
                quality = msgspec.msgpack.decode(line.data, type=Quality)
            except msgspec.MsgspecError as error:
                raise BadInput(f"event {line.number} revises no quality: {error}") from error
            return msgspec.structs.replace(event, quality=quality)
        case Kind.CHECKPOINT:
            return msgspec.structs.replace(event, upto=int(line.data) if line.data.isdigit() else 0)
        case Kind.ENDED:
            return msgspec.structs.replace(event, why=line.data.decode(errors="replace"))
    return event


def event_id(given: bytes | str) -> bytes:
    """The ID of an event: random, or from what the application calls it, which may be a text."""
    if not given:
        return new_id()
    if isinstance(given, bytes) and len(given) == ID_BYTES:
        return given
    return hashlib.blake2b(to_bytes(given), digest_size=ID_BYTES).digest()
