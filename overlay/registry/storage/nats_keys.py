"""The registry's store in a JetStream bucket: for a registry of several processes, any of which may end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from nats.aio.client import Client

from overlay.audit import START, Head, Operation
from overlay.clock import Clock
from overlay.errors import OverlayError, Overloaded, Unavailable
from overlay.registry.storage.audit_page import read_page
from overlay.registry.storage.contract import Conflict, Entry, Feed, Note, Write
from overlay.registry.storage.keys import check_writes
from overlay.registry.storage.nats_batch import Act, Batch, Frame, frames_of, send, take
from overlay.registry.storage.nats_bucket import ALONE_ID, BATCH_ID, WRONG_LAST_SEQUENCE, Bucket, StoreError
from overlay.registry.storage.nats_feed import NatsFeed
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.nats_hand import NatsHand, NatsLogin, TlsContext

_log = logging.getLogger("overlay.registry")
_PAUSE_S = 0.05


class JetStreamStore:
    """What waits while the server writes goes to it together next, as one batch. A batch is all or nothing,
    so whoever lost a race is found by what the feed brought, and the others are sent again.
    """

    def __init__(
        self,
        address: BrokerAddress,
        tls: TlsContext,
        login: NatsLogin,
        replica: str,
        settings: Settings,
        clock: Clock,
    ) -> None:
        """`replica` names this process; each has its own chain of audit entries."""
        self._settings = settings
        self._clock = clock
        self._replica = replica
        self.bucket = Bucket(settings.registry_store_bucket, settings.registry_store_timeout_s)
        self._hand = NatsHand(address, tls, settings, login=login, prepare=self._logged_in, on_error=_report)
        beat_s = settings.registry_store_heartbeat_s
        self._stream = NatsFeed(self.bucket, replica, beat_s, self._hear, _report)
        self._feed: Feed = _nobody
        self._log = ""
        self._head: Head = START
        self._revisions: dict[str, int] = {}
        self._heard = 0
        self._news = asyncio.Event()
        self._acts: list[Act] = []
        self._notes: list[Operation] = []
        self._alone = False
        """Whether acts go one by one, for nobody knows which of them is refused."""
        self._writer: asyncio.Task[None] | None = None
        self._closed = False
        self._over: asyncio.Future[None] | None = None

    @property
    def log(self) -> str:
        """See `Store`."""
        return self._log

    async def open(self, feed: Feed) -> None:
        """See `Store`."""
        self._feed = feed
        await self._hand.open()
        await self._stream.caught_up()

    async def commit(self, writes: Sequence[Write], notes: Sequence[Note] = ()) -> int:
        """See `Store`."""
        check_writes(writes)
        if self._closed or not self._log:
            raise Unavailable("the registry's store is closed")
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._acts.append(Act(tuple(writes), [self._operation(note) for note in notes], done))
        self._write_soon()
        return await done

    def note(self, note: Note) -> None:
        """See `Store`. They are written at the latest when half of the buffer is full."""
        if len(self._notes) >= self._settings.registry_audit_buffer:
            raise Overloaded(f"{len(self._notes)} entries wait for the audit log (registry_audit_buffer)")
        self._notes.append(self._operation(note))
        if 2 * len(self._notes) >= self._settings.registry_audit_buffer:
            self._write_soon()

    async def flush(self) -> None:
        """See `Store`."""
        await self.commit(())

    async def run(self) -> None:
        """See `Store`."""
        tasks = [asyncio.create_task(part) for part in (self._stream.watch(), self._hand.ended())]
        over = self._over = asyncio.get_running_loop().create_future()
        try:
            done, _ = await asyncio.wait((*tasks, over), return_when=asyncio.FIRST_COMPLETED)
            for ended in done:
                ended.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """See `Store`. Raises Unavailable when the last notes cannot be written."""
        if self._closed:
            return
        try:
            if self._log and self._notes:
                await self.flush()
        finally:
            self._closed = True
            await self._hand.close()
            if self._writer is not None:
                self._writer.cancel()
                await asyncio.wait([self._writer])

    # -- the connection ---------------------------------------------------------------------------------
    async def _logged_in(self, client: Client) -> None:
        self.bucket.client = client
        settings = self._settings
        log = await self.bucket.prepare(settings.registry_store_replicas, settings.registry_store_max_bytes)
        if self._log and log != self._log:
            error = Unavailable("the registry's bucket was restored from a backup: start this process again")
            self._end(error)
            raise error
        if not self._log:
            self._head = await self._last_entry()
            self._log = log
        await self._stream.start()

    def _end(self, error: OverlayError) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_exception(error)

    async def _last_entry(self) -> Head:
        found = await self.bucket.last(f"{self.bucket.audit}{self._replica}.>")
        if found is None:
            return START
        number, _, last = read_page(found[2]).rows[-1]
        return number, last

    def _hear(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._revisions[entry.key] = entry.revision
        self._feed(entries)
        self._heard = entries[-1].revision
        self._news.set()
        self._news = asyncio.Event()

    async def _hear_of(self, revision: int) -> None:
        """Returns when the feed has had it. Raises Unavailable."""
        try:
            async with asyncio.timeout(self._settings.registry_store_settle_s):
                while self._heard < revision:
                    await self._news.wait()
        except TimeoutError as error:
            raise Unavailable("the registry's bucket does not tell what was written: try again") from error

    # -- writing ----------------------------------------------------------------------------------------
    def _write_soon(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        """Until nothing waits, or the server does not take it."""
        while self._acts or self._notes:
            batch = Batch(self._undecided(take(self._acts, alone=self._alone)), self._notes)
            self._notes = []
            try:
                await self._write(batch)
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
        frames, head = frames_of(batch, self.bucket, self._replica, self._head)
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
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.registry_store_settle_s
        while True:
            try:
                last = await self._look(batch, frames) if batch.ids else None
                return last or await send(self.bucket, batch, frames, self._hand.lost)
            except StoreError as error:
                if error.code != WRONG_LAST_SEQUENCE or len(batch.ids) == 1:
                    raise
                last = await self._look(batch, frames)  # an earlier try may have been slow, not lost
                if last is None:
                    raise
                return last
            except Unavailable:
                if loop.time() >= until:
                    raise
                await asyncio.sleep(_PAUSE_S)

    async def _look(self, batch: Batch, frames: list[Frame]) -> int | None:
        """The revision of its last message when it was written, None when it was not.

        Raises Unavailable when it cannot be told: somebody else wrote over it since.
        """
        first = frames[0]
        found = await self.bucket.last(first.subject)
        if found is None:
            return None
        revision, headers, _ = found
        if (headers.get(BATCH_ID) or headers.get(ALONE_ID)) in batch.ids:
            return revision + len(frames) - 1
        if not batch.operations and revision > self._revisions.get(batch.writes[0].key, 0):
            raise StoreError("somebody wrote over what may have been written: look, and decide again", 0)
        return None

    async def _sort_out(self, batch: Batch) -> None:
        """One of the keys was changed meanwhile. Whose, the feed tells; the other acts are written."""
        self._head = await self._last_entry()
        for write in batch.writes:
            if write.expected is None:
                continue
            found = await self.bucket.last(f"{self.bucket.state}{write.key}")
            if found is not None:
                await self._hear_of(found[0])
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

    def _operation(self, note: Note) -> Operation:
        return self._clock(), note.who, note.what, note.about, note.outcome


def _done(acts: Sequence[Act], revision: int) -> None:
    for act in acts:
        if not act.done.done():
            act.done.set_result(revision)


def _fail(acts: Sequence[Act], error: OverlayError) -> None:
    for act in acts:
        if not act.done.done():
            act.done.set_exception(error)


def _report(where: str, error: Exception) -> None:
    _log.warning("%s: %s", where, error)


def _nobody(_: Sequence[Entry]) -> None:
    """Before `open`."""
