"""What a seal holds: the kind of a message, what it answers, and the application's body. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.errors import BadEnvelope
from overlay.quality.quality import Told
from overlay.wire.malformed import MALFORMED


class Kind(StrEnum):
    """What a message is for."""

    MESSAGE = "m"
    """Wants no answer; `reliable` ones want a receipt."""
    REQUEST = "q"
    """Wants a reply."""
    REPLY = "r"
    """Answers a request, or an empty one ends it."""
    ERROR = "e"
    """Says why a message was not handled: `reason` and text."""
    RECEIPT = "a"
    """Reliable messages (`about`) were handled."""
    CONFIRM = "c"
    """The message key (`about`) is known: send no more wraps."""
    PROBE = "p"
    """Were these reliable messages (`about`) handled? Answered by a receipt for those that were."""
    QUALITY = "t"
    """The `quality` of what we have in common was revised."""


class Content(msgspec.Struct, array_like=True, frozen=True):
    """The sealed part. Fields may be appended by later versions."""

    kind: Kind
    body: bytes = b""
    about: tuple[bytes, ...] = ()
    """16-byte message IDs (or the key ID, for CONFIRM) that this refers to."""
    topic: str = ""
    """What it is about, for whoever dispatches: a skill, a topic, a service's operation."""
    reason: str = ""
    """The reason code of an ERROR (`overlay.errors`)."""
    sequence: int = 0
    """Counts the messages of one `stream`, from 1; 0: not counted."""
    attributes: dict[str, str] = {}
    """Free words of the application, such as a content type."""
    shown: tuple[str, ...] = ()
    """Credentials that the sender presents with a request or message (JWTs)."""
    wants: tuple[str, ...] = ()
    """Of an ERROR `not-permitted`: types of credentials, any of which may help."""
    retry_after_ms: int = 0
    """Of an ERROR `overloaded`: sooner it would be refused again; 0: not known. A whole number: one byte."""
    stream: int = 0
    """Random: the messages of one class and priority that one process sends to one receiver."""
    oldest: int = 0
    """The first number of the stream that was not settled when this was sealed: no earlier one will come."""
    sendings: int = 0
    """How often it was sent again after it was given up: a dead letter."""
    quality: Told | None = None
    """Under which quality of a session or task it is sent."""
    gone: tuple[int, ...] = ()
    """Further numbers of the stream that will not come: first and last, first and last …, ascending."""


MAX_ABOUT = 512
MAX_SHOWN = 16
MAX_GONE = 32
_MOST = 2**63 - 1
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Content)


def encode_content(content: Content) -> bytes:
    """The content's bytes, to be sealed."""
    return _encoder.encode(content)


def decode_content(data: bytes) -> Content:
    """Raises BadEnvelope."""
    try:
        content = _decoder.decode(data)
    except MALFORMED as error:
        raise BadEnvelope(f"the content is malformed: {error}") from error
    if len(content.about) > MAX_ABOUT or any(len(item) != 16 for item in content.about):
        raise BadEnvelope(f"content refers to at most {MAX_ABOUT} IDs of 16 bytes")
    if len(content.shown) > MAX_SHOWN or len(content.wants) > MAX_SHOWN:
        raise BadEnvelope(f"content shows and wants at most {MAX_SHOWN} credentials")
    if len(content.gone) > MAX_GONE or len(content.gone) % 2:
        raise BadEnvelope(f"content names at most {MAX_GONE // 2} spans of numbers that will not come")
    numbers = content.sequence | content.stream | content.oldest | content.sendings
    if not 0 <= numbers <= _MOST or any(not 0 <= number <= _MOST for number in content.gone):
        raise BadEnvelope(f"numbers of content are from 0 to {_MOST}")  # receivers write them down
    return content
