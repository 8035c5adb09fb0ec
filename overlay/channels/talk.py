"""What agents say to each other about a channel, in ordinary sealed messages on one topic. Pure."""

from __future__ import annotations

import msgspec

from overlay.channels.charter import May
from overlay.channels.epoch import Epoch
from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

TOPIC = "overlay.channel"
"""Reserved: the library handles what comes on it."""


class Join(msgspec.Struct, frozen=True, tag="j"):
    """To the owner or a deputy: let me in. Answered by a Turn."""

    channel: str


class AskKey(msgspec.Struct, frozen=True, tag="k"):
    """To the owner or a deputy, by a member that something did not reach. Answered by a Turn."""

    channel: str


class Left(msgspec.Struct, frozen=True, tag="l"):
    """To the owner and the deputies: I am gone."""

    channel: str


class Turn(msgspec.Struct, frozen=True, tag="t"):
    """From the owner or a deputy: this is the channel from now on, and its secret."""

    roster: bytes
    """Signed; empty where `change` says what is different."""
    epoch: Epoch
    past: tuple[Epoch, ...] = ()
    """Former secrets that the receiver may have, in a channel with history; as an answer only."""
    invited: dict[str, May] = {}
    """For a deputy and the owner: who may come in."""
    change: bytes = b""
    """See `overlay.channels.difference`."""


class Gone(msgspec.Struct, frozen=True, tag="g"):
    """From the owner or a deputy: you are in it no more, see this roster; or it was released."""

    roster: bytes


class Invite(msgspec.Struct, frozen=True, tag="i"):
    """From the owner or a deputy: you may join."""

    roster: bytes


class Shared(msgspec.Struct, frozen=True, tag="h"):
    """Between owner and deputies: these were invited."""

    channel: str
    invited: dict[str, May]


class Record(msgspec.Struct, frozen=True, tag="r"):
    """To who records the channel: this it is from now on."""

    roster: bytes


class Slow(msgspec.Struct, frozen=True, tag="s"):
    """From our gateway: realtime publications of ours did not leave the domain, by the operator's caps."""

    channel: str
    why: str
    retry_after_s: float


Talk = Join | AskKey | Left | Turn | Gone | Invite | Shared | Record | Slow
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Talk] = msgspec.msgpack.Decoder(Talk)


def encode_talk(talk: Talk) -> bytes:
    """The body of a message."""
    return _encoder.encode(talk)


def decode_talk(data: bytes) -> Talk:
    """Raises BadInput."""
    try:
        return _decoder.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this says nothing about a channel: {error}") from error
