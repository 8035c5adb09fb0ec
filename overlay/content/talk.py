"""What is said about files, on the reserved topic `overlay.file`. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

TOPIC = "overlay.file"


class AskChunk(msgspec.Struct, tag="c", array_like=True, frozen=True):
    """The chunk with this number."""

    id: str
    key: str
    index: int


class AskDigests(msgspec.Struct, tag="d", array_like=True, frozen=True):
    """The digests of chunks, from this one on, as many as go in an answer."""

    id: str
    key: str
    first: int


class Chunk(msgspec.Struct, tag="C", array_like=True, frozen=True):
    """The answer; `packed`: compressed."""

    data: bytes
    packed: bool = False


class Digests(msgspec.Struct, tag="D", array_like=True, frozen=True):
    """The answer."""

    digests: bytes


class NotHere(msgspec.Struct, tag="N", array_like=True, frozen=True):
    """The answer: it cannot be had, and asking again does not help."""

    why: str


Question = AskChunk | AskDigests
Answer = Chunk | Digests | NotHere
_encoder = msgspec.msgpack.Encoder()
_questions: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode_talk(said: Question | Answer) -> bytes:
    """As the body of a message."""
    return _encoder.encode(said)


def decode_question(data: bytes) -> Question:
    """Raises BadInput."""
    try:
        return _questions.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this asks for nothing of a file: {error}") from error


def decode_answer(data: bytes) -> Answer:
    """Raises BadInput."""
    try:
        return _answers.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this is no answer about a file: {error}") from error
