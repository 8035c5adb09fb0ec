"""What creators and executors say to each other about tasks, in messages on the topic of the skill. Pure."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from overlay.content.file_ref import FileRef
from overlay.errors import BadInput
from overlay.tasks.event import TaskEvent
from overlay.tasks.task_id import check_task
from overlay.wire.malformed import MALFORMED
from overlay.wire.numbers import check_numbers

ATTRIBUTE = "overlay-task"
"""Marks a message whose body is one of these."""
MARK = {ATTRIBUTE: "1"}


class Start(msgspec.Struct, frozen=True, tag="s"):
    """Do this, unless you do it, or did, already. Said again, it only asks how it is."""

    task: str
    attempt: int
    created_ms: int
    """When its creator made it, by its own clock."""
    left_s: float
    """Until its deadline."""
    after: int
    """The number of the last event that the creator has."""
    known: bool = False
    """It was taken before: do not begin it if it is not known."""
    body: bytes = b""
    media_type: str = ""
    files: tuple[FileRef, ...] = ()
    context: bytes = b""
    session: str = ""

    @property
    def digest(self) -> bytes:
        """Of what is to be done."""
        what = (self.body, self.media_type, self.files, self.context, self.session)
        return sha256(_encoder.encode(what)).digest()


class Look(msgspec.Struct, frozen=True, tag="l"):
    """What happened to all tasks that I gave you of this skill, after this place in your book?"""

    after: int
    wait_s: float
    """If nothing did, wait so long."""


class Give(msgspec.Struct, frozen=True, tag="g"):
    """The answer to a question."""

    task: str
    question: int
    """The number of the event that asked."""
    after: int
    body: bytes = b""
    media_type: str = ""


class Cancel(msgspec.Struct, frozen=True, tag="c"):
    """Do it no more."""

    task: str
    attempt: int
    """This one and those before it."""
    after: int = 0


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An event of a task."""

    task: str
    event: TaskEvent


class Page(msgspec.Struct, frozen=True):
    """The answer to all of them."""

    book: bytes
    """Which book this is from: another one means that all was lost."""
    reached: int
    """The place in it up to which this tells, of what was asked for."""
    events: tuple[Told, ...] = ()
    more: bool = False
    """There is more already."""
    lost: bool = False
    """The task was known, and is not any more."""
    waits: bool = True
    """There is room to wait; else ask again after a pause."""


Talk = Start | Look | Give | Cancel
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Talk] = msgspec.msgpack.Decoder(Talk)
_pages = msgspec.msgpack.Decoder(Page)


def encode_talk(talk: Talk | Page) -> bytes:
    """The body of a message."""
    return _encoder.encode(talk)


def decode_talk(data: bytes) -> Talk:
    """Raises BadInput."""
    try:
        talk = _decoder.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this says nothing about a task: {error}") from error
    if not isinstance(talk, Look):
        check_task(talk.task)
    check_numbers(talk, "tasks")
    return talk


def decode_page(data: bytes) -> Page:
    """Raises BadInput."""
    try:
        return _pages.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this tells nothing of tasks: {error}") from error
