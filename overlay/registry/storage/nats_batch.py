"""Acts that go to a JetStream bucket together, as one atomic batch."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from nats.errors import Error as NatsError

from overlay.audit import Head, Operation
from overlay.errors import Unavailable
from overlay.registry.storage.audit_page import next_page
from overlay.registry.storage.contract import WRITES_AT_ONCE, Write
from overlay.registry.storage.nats_bucket import ALONE_ID, BATCH_END, BATCH_ID, DELETED, Bucket, answer_of

_NUMBER = "Nats-Batch-Sequence"
_BYTES_AT_ONCE = 4 * 1024 * 1024
_FLUSH_BYTES = 512 * 1024


@dataclass(slots=True, eq=False)
class Act:
    """What belongs together, and who waits for it."""

    writes: tuple[Write, ...]
    operations: list[Operation]
    done: asyncio.Future[int]


@dataclass(slots=True)
class Batch:
    """Acts of different keys, with a page for the audit log first if there is something to log."""

    acts: list[Act]
    notes: list[Operation]
    ids: set[str] = field(default_factory=set)
    """Under which it was sent; more than one after lost connections."""
    before: int = 0
    """Revision of the first key when it was first sent."""
    writes: list[Write] = field(init=False)
    operations: list[Operation] = field(init=False)

    def __post_init__(self) -> None:
        self.writes = [write for act in self.acts for write in act.writes]
        self.operations = [*self.notes, *(one for act in self.acts for one in act.operations)]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self.writes and not self.operations


def take(waiting: list[Act], *, alone: bool = False) -> list[Act]:
    """The first of those that wait that fit into one batch: no key twice, not too much; or one `alone`."""
    taken: list[Act] = []
    keys: set[str] = set()
    size = 0
    for act in waiting:
        size += sum(len(write.value or b"") for write in act.writes)
        own = {write.key for write in act.writes}
        if taken and (alone or own & keys or len(own) + len(keys) > WRITES_AT_ONCE or size > _BYTES_AT_ONCE):
            break
        keys |= own
        taken.append(act)
    del waiting[: len(taken)]
    return taken


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a batch."""

    subject: str
    payload: bytes
    expected: int | None
    deletes: bool = False


def frames_of(batch: Batch, bucket: Bucket, replica: str, head: Head) -> tuple[list[Frame], Head]:
    """The page first, so that the last message is the last write."""
    frames = []
    if batch.operations:
        page, after = next_page(head, batch.operations)
        frames.append(Frame(f"{bucket.audit}{replica}.{head[0] + 1}", page, 0))
        head = after
    for write in batch.writes:
        subject = f"{bucket.state}{write.key}"
        frames.append(Frame(subject, write.value or b"", write.expected, deletes=write.value is None))
    return frames, head


async def send(bucket: Bucket, batch: Batch, frames: Sequence[Frame]) -> int:
    """The revision of the last message. Raises StoreError when the server refuses all of it; Unavailable
    when it is not known what became of it.
    """
    client = bucket.client
    name = secrets.token_hex(12)
    batch.ids.add(name)
    unsent = 0
    for number, frame in enumerate(frames[:-1], 1):
        unsent += len(frame.payload)
        try:
            await client.publish(frame.subject, frame.payload, headers=_headers(frame, name, number))
            if unsent > _FLUSH_BYTES:
                await client.flush()
                unsent = 0
        except (NatsError, OSError, TimeoutError) as error:
            raise Unavailable(f"the registry's bucket does not take it: {error!r}") from error
    last = frames[-1]
    headers = _headers(last, name, len(frames))
    if len(frames) == 1:  # is all or nothing by itself, and quicker
        headers = {head: value for head, value in headers.items() if head not in (BATCH_ID, _NUMBER)}
        headers[ALONE_ID] = name
    else:
        headers[BATCH_END] = "1"
    return int(answer_of(await bucket.request(last.subject, last.payload, headers))["seq"])


def _headers(frame: Frame, name: str, number: int) -> dict[str, str]:
    headers = {BATCH_ID: name, _NUMBER: str(number)}
    if frame.expected is not None:
        headers["Nats-Expected-Last-Subject-Sequence"] = str(frame.expected)
    if frame.deletes:
        headers[DELETED] = "DEL"
    return headers
