"""Writes acts to a JetStream bucket: together when they can, and over lost connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TypeVar

from overlay.audit import START, Head, Operation
from overlay.errors import OverlayError, Unavailable
from overlay.registry.storage.audit_page import read_page
from overlay.registry.storage.contract import Conflict, Entry
from overlay.registry.storage.nats_batch import Act, Batch, Frame, frames_of, send, take
from overlay.registry.storage.nats_bucket import ALONE_ID, BATCH_ID, WRONG_LAST_SEQUENCE, Bucket, StoreError
from overlay.transport.nats_hand import unless

T = TypeVar("T")
_log = logging.getLogger("overlay.registry")
_PAUSE_S = 0.05


class BucketWriter:
    """What waits while the server writes goes to it together next, as one batch. A batch is all or nothing,
    so whoever lost a race is found by what the feed brought, and the others are sent again.
    """

    def __init__(
        self,
        bucket: Bucket,
        replica: str,
        settle_s: float,
        lost: Callable[[], asyncio.Event],
        forgotten: Callable[[str], None],
    ) -> None:
        """`lost` is set when the connection of the bucket's client is; `forgotten` hears of a key that is not
        there any more.
        """
        self._forgotten = forgotten
        self._bucket = bucket
        self._replica = replica
        self._settle_s = settle_s
        self._lost = lost
        self._head: Head = START
        self._revisions: dict[str, int] = {}
        self._gone: set[str] = set()
        self._heard = 0
        self._news = asyncio.Event()
        self._acts: list[Act] = []
        self._notes: list[Operation] = []
        self._alone = False
        """Whether acts go one by one, for nobody knows which of them is refused."""
        self._writer: asyncio.Task[None] | None = None

    @property
    def notes(self) -> int:
        """How many wait."""
        return len(self._notes)

    async def take_up(self) -> None:
        """The audit log where this replica left it. Raises Unavailable."""
        self._head = await self._last_entry()

    def hear(self, entries: Sequence[Entry]) -> None:
        """From the feed, which has told everybody else."""
        for entry in entries:
            self._revisions[entry.key] = entry.revision
            if entry.value is None:
                self._gone.add(entry.key)
            else:
                self._gone.discard(entry.key)
        self._heard = entries[-1].revision
        self._news.set()
        self._news = asyncio.Event()

    def deletion_of(self, key: str) -> int:
        """Its revision, if the newest that the feed told of `key` is one; else 0."""
        return self._revisions[key] if key in self._gone else 0

    def forget(self, key: str) -> None:
        """Its deletion was forgotten."""
        self._revisions.pop(key, None)
        self._gone.discard(key)

    def add(self, act: Act) -> None:
        """Write it soon."""
        self._acts.append(act)
        self.write_soon()

    def note(self, operation: Operation) -> None:
        """For the next batch."""
        self._notes.append(operation)

    def write_soon(self) -> None:
        """What waits, notes too."""
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    async def close(self) -> None:
        """Who still waits hears that it is not known what came of it. Idempotent."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait([self._writer])
        _fail(self._acts, Unavailable("the registry's store is closed"))

    async def _write_all(self) -> None:
        """Until nothing waits, or the server does not take it."""
        while self._acts or self._notes:
            batch = Batch(self._undecided(take(self._acts, alone=self._alone)), self._notes)
            self._notes = []
            try:
                await self._write(batch)
            except asyncio.CancelledError:
                _fail(batch.acts, Unavailable("the registry's store was closed: look what was written"))
                raise
            except OverlayError as error:  # those who wait for it raise it
                self._notes[:0] = batch.notes
                _fail(batch.acts, error)
                _log.warning("the registry's store does not write: %s", error)
                if not self._acts:
                    return

    async def _write(self, batch: Batch) -> None:
        if batch.empty:
            _done(batch.acts, self._heard)
            return
        frames, head = frames_of(batch, self._bucket, self._replica, self._head)
        try:
            last = await self._send(batch, frames)
        except StoreError as error:
            if error.code != WRONG_LAST_SEQUENCE:
                raise
            await self._sort_out(batch)
            return
        self._head = head
        self._alone = False
        batch.notes.clear()
        revision = last - len(batch.writes)
        if batch.writes:
            await self._hear_of(last)
        for act in batch.acts:
            revision += len(act.writes)
            _done([act], revision if act.writes else self._heard)

    async def _send(self, batch: Batch, frames: list[Frame]) -> int:
        """Over lost connections: whether it was written is looked up before it is sent again."""
        if batch.writes:
            batch.before = self._revisions.get(batch.writes[0].key, 0)

        async def once() -> int:
            try:
                last = await self._look(batch, frames) if batch.ids else None
                return last or await send(self._bucket, batch, frames)
            except StoreError as error:
                if error.code != WRONG_LAST_SEQUENCE or len(batch.ids) == 1:
                    raise
                last = await self._look(batch, frames)  # an earlier try may have been slow, not lost
                if last is None:
                    raise
                return last

        return await self._patiently(once)

    async def _patiently(self, once: Callable[[], Coroutine[None, None, T]]) -> T:
        """Again, while there is no connection. Raises StoreError; Unavailable after a while."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settle_s
        while True:
            try:
                return await unless(self._lost(), once(), "the connection to the registry's bucket was lost")
            except StoreError:
                raise
            except Unavailable:
                if loop.time() >= until:
                    raise
                await asyncio.sleep(_PAUSE_S)

    async def _look(self, batch: Batch, frames: list[Frame]) -> int | None:
        """The revision of its last message when it was written, None when it was not.

        Raises Unavailable when it cannot be told: somebody else wrote over it since.
        """
        first = frames[0]
        found = await self._bucket.last(first.subject)
        if found is None:
            return None
        revision, headers, _ = found
        if (headers.get(BATCH_ID) or headers.get(ALONE_ID)) in batch.ids:
            return revision + len(frames) - 1
        if not batch.operations and revision > batch.before:
            raise StoreError("somebody wrote over what may have been written: look, and decide again", 0)
        return None

    async def _sort_out(self, batch: Batch) -> None:
        """One of the keys was changed meanwhile. Whose, the feed tells; the other acts are written."""
        self._head = await self._patiently(self._last_entry)
        for write in batch.writes:
            if write.expected is None:
                continue
            found = await self._patiently(partial(self._bucket.last, f"{self._bucket.state}{write.key}"))
            if found is not None:
                await self._hear_of(found[0])
            elif write.expected:
                self._forgotten(write.key)
        acts = self._undecided(batch.acts)
        self._alone = len(acts) == len(batch.acts)
        if self._alone and len(acts) < 2:
            raise Unavailable("the registry's bucket refuses a change, and says not why: try again")
        self._acts[:0] = acts
        self._notes[:0] = batch.notes

    def _undecided(self, acts: list[Act]) -> list[Act]:
        """Those whose keys are as they expect, as far as is known here. The others hear of the conflict."""
        left = []
        for act in acts:
            lost = [
                write.key
                for write in act.writes
                if write.expected is not None and write.expected != self._revisions.get(write.key, 0)
            ]
            if lost:
                _fail([act], Conflict(f"{lost[0]} was changed meanwhile: try again"))
            else:
                left.append(act)
        return left

    async def _last_entry(self) -> Head:
        found = await self._bucket.last(f"{self._bucket.audit}{self._replica}.>")
        if found is None:
            return START
        number, _, last = read_page(found[2]).rows[-1]
        return number, last

    async def _hear_of(self, revision: int) -> None:
        """Returns when the feed has had it. Raises Unavailable."""
        try:
            async with asyncio.timeout(self._settle_s):
                while self._heard < revision:
                    await self._news.wait()
        except TimeoutError as error:
            raise Unavailable("the registry's bucket does not tell what was written: try again") from error


def _done(acts: Sequence[Act], revision: int) -> None:
    for act in acts:
        if not act.done.done():
            act.done.set_result(revision)


def _fail(acts: Sequence[Act], error: OverlayError) -> None:
    for act in acts:
        if not act.done.done():
            act.done.set_exception(error)
