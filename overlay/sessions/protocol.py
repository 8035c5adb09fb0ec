"""What is asked of the session service of a domain, `sessions@domain`, and its answers. Pure.

A **record** is the numbered log of one channel that keeps history: 1, 2, 3 … without gaps. A **session** is a
channel with a record and an entry in the session table. Bodies are sealed with the channel's keys, which the
service does not have.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.errors import BadInput
from overlay.quality.quality import Quality
from overlay.wire.malformed import MALFORMED
from overlay.wire.numbers import check_numbers

TOPIC = "overlay.session"
"""Reserved: operations on sessions."""
RECORD_TOPIC = "overlay.record"
"""Reserved: `ReadRecord`, answered by a `RecordPage`."""


class Kind(StrEnum):
    """What a line of a record says."""

    SAID = "said"
    """`data` is the sealed envelope of what a participant said."""
    JOINED = "joined"
    LEFT = "left"
    CHECKPOINT = "checkpoint"
    """`data`: up to which number, decimal."""
    QUALITY = "quality"
    """`data`: the new `Quality`."""
    ENDED = "ended"
    """`data`: why. Nothing comes after it."""


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line of a record."""

    number: int
    at: float
    """When the service wrote it down, seconds since 1970."""
    kind: Kind
    sender: str
    """Whom it is of: proved to the service."""
    id: bytes
    """The event ID, 16 bytes: one line for each sender and ID, however often it was sent."""
    data: bytes


class Participant(msgspec.Struct, frozen=True, array_like=True):
    """Somebody in a session."""

    party: str
    """`name@domain`"""
    since: int
    """The number of the line that says that it joined."""
    left: int = 0
    """The number of the line that says that it left; 0: it is in."""


class Entry(msgspec.Struct, frozen=True):
    """A session in the session table (AG-1)."""

    session: str
    """`name@home-domain`, globally unique: that of its channel."""
    incarnation: bytes
    """Random, 16 bytes: another session of this name has another."""
    initiator: str
    participants: tuple[Participant, ...]
    quality: Quality
    created: float
    last: int
    """The number of the newest line."""
    ends: float = 0.0
    """Seconds since 1970 at which it ends by itself; 0: not by time."""
    idle_s: float = 0.0
    """It ends after so long in which nobody said anything; 0: not so."""
    ended: float = 0.0
    """When it ended; 0: it runs."""
    why: str = ""
    """Why it ended."""
    checkpoint: float = 0.0
    """When somebody last stored one; 0: nobody did."""


class Open(msgspec.Struct, frozen=True, tag="o"):
    """The owner of a channel that keeps history: it is a session from now on. Answered by an Entry; the same
    one again where it is one.
    """

    channel: str
    quality: Quality = Quality()
    idle_s: float = 0.0


class Show(msgspec.Struct, frozen=True, tag="s"):
    """A participant: the entry. `changed`: somebody came or went, look at the channel anew."""

    channel: str
    changed: bool = False


class List(msgspec.Struct, frozen=True, tag="l"):
    """The sessions that the asker is in, or was in when they ended."""

    after: str = ""
    """Continue after this one (answers are in order of IDs)."""


class Entries(msgspec.Struct, frozen=True):
    """Sessions in order of their IDs."""

    entries: tuple[Entry, ...]
    more: bool = False


class Append(msgspec.Struct, frozen=True, tag="a"):
    """A participant says something. Answered by Taken when it is on the disk; the same ID again, by the
    number that it has.
    """

    channel: str
    envelope: bytes


class Taken(msgspec.Struct, frozen=True):
    """It is on the disk."""

    number: int
    incarnation: bytes


class ReadRecord(msgspec.Struct, frozen=True, tag="r"):
    """A member: what came after this number? Waits up to `wait_s` for something that does."""

    channel: str
    after: int = 0
    limit: int = 0
    """How many lines at most; 0: as many as fit."""
    wait_s: float = 0.0


class RecordPage(msgspec.Struct, frozen=True):
    """Lines in order of their numbers, without gaps. The first one may be later than was asked for: what is
    before `first` is not kept any more.
    """

    lines: tuple[Line, ...]
    first: int
    """The lowest number that is kept; one more than `last` where nothing is."""
    last: int
    """The number of the newest line."""
    incarnation: bytes
    """Another one: a channel of this name that was before had other numbers."""
    over: bool = False
    """Nothing will ever come after `last`."""


class Checkpoint(msgspec.Struct, frozen=True, tag="c"):
    """A participant: keep this for me, instead of what I gave before. Answered by Taken. Counts only if it is
    not behind the one that is kept.
    """

    channel: str
    number: int
    """Up to which its state counts."""
    data: bytes
    """Sealed with a key that only its agent has."""


class Resume(msgspec.Struct, frozen=True, tag="u"):
    """A participant: my latest checkpoint? Answered by Kept."""

    channel: str


class Kept(msgspec.Struct, frozen=True):
    """A checkpoint; `at` 0: there is none."""

    number: int
    at: float
    data: bytes
    incarnation: bytes


class Revise(msgspec.Struct, frozen=True, tag="q"):
    """A participant: from now on the session's quality is this. Answered by Taken."""

    channel: str
    id: bytes
    quality: Quality


class End(msgspec.Struct, frozen=True, tag="e"):
    """The owner of the channel, or a deputy: it is over. Answered by Taken."""

    channel: str
    why: str = ""


Ask = Open | Show | List | Append | ReadRecord | Checkpoint | Resume | Revise | End
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Ask] = msgspec.msgpack.Decoder(Ask)


def encode_ask(ask: Ask) -> bytes:
    """The body of a question."""
    return _encoder.encode(ask)


def decode_ask(data: bytes) -> Ask:
    """Raises BadInput."""
    try:
        ask = _decoder.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this asks nothing about a session: {error}") from error
    check_numbers(ask, "sessions")
    return ask
