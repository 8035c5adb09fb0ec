"""The registry's store in a JetStream bucket: for a registry of several processes, any of which may end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from nats.aio.client import Client

from overlay.audit import Operation
from overlay.clock import Clock
from overlay.errors import OverlayError, Overloaded, Unavailable
from overlay.registry.storage.contract import Entry, Feed, Note, Write
from overlay.registry.storage.keys import check_writes
from overlay.registry.storage.nats_batch import Act
from overlay.registry.storage.nats_bucket import Bucket, BucketAccess
from overlay.registry.storage.nats_feed import NatsFeed
from overlay.registry.storage.nats_writer import BucketWriter
from overlay.settings import Settings
from overlay.transport.nats_hand import NatsHand

_log = logging.getLogger("overlay.registry")


class JetStreamStore:
    """See `Store`: one of several handles on the bucket, each in a process of its own."""

    def __init__(self, access: BucketAccess, replica: str, settings: Settings, clock: Clock) -> None:
        """`replica` names this process; each has its own chain of audit entries."""
        self._settings = settings
        self._clock = clock
        bucket = self._bucket = Bucket(settings.registry_store_bucket, settings.registry_store_timeout_s)
        self._hand = NatsHand(
            access.address,
            access.tls,
            settings,
            login=access.login,
            prepare=self._logged_in,
            on_error=_report,
        )
        beat_s = settings.registry_store_heartbeat_s
        self._stream = NatsFeed(bucket, bucket.state, replica, beat_s, hear=self._hear, on_error=_report)
        settle_s = settings.registry_store_settle_s
        self._writer = BucketWriter(bucket, replica, settle_s, lambda: self._hand.lost, self._forgotten)
        self._feed: Feed = _nobody
        self._log = ""
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
        await self._stream.caught_up.wait()

    async def commit(self, writes: Sequence[Write], notes: Sequence[Note] = ()) -> int:
        """See `Store`."""
        check_writes(writes)
        if self._closed or not self._log:
            raise Unavailable("the registry's store is closed")
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._writer.add(Act(tuple(writes), [self._operation(note) for note in notes], done))
        return await done

    async def forget(self, keys: Sequence[str], upto: int) -> None:
        """See `Store`."""
        for key in keys:
            revision = self._writer.deletion_of(key)
            if 0 < revision <= upto:
                await self._bucket.purge(f"{self._bucket.state}{key}", revision)
                if self._writer.deletion_of(key) == revision:
                    self._forgotten(key)

    def note(self, note: Note) -> None:
        """See `Store`. They are written at the latest when half of the buffer is full."""
        most, waiting = self._settings.registry_audit_buffer, self._writer.notes
        if waiting >= most:
            raise Overloaded(f"{waiting} entries wait for the audit log already (registry_audit_buffer)")
        self._writer.note(self._operation(note))
        if 2 * waiting >= most:
            self._writer.write_soon()

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
            if self._log and self._writer.notes:
                await self.flush()
        finally:
            self._closed = True
            await self._hand.close()
            await self._writer.close()

    async def _logged_in(self, client: Client) -> None:
        self._bucket.client = client
        settings = self._settings
        log = await self._bucket.prepare(settings.registry_store_replicas, settings.registry_store_max_bytes)
        if self._log and log != self._log:
            error = Unavailable("the registry's bucket was restored from a backup: start this process again")
            self._end(error)
            raise error
        if not self._log:
            await self._writer.take_up()
            self._log = log
        await self._stream.start()

    def _end(self, error: OverlayError) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_exception(error)

    def _hear(self, entries: list[Entry]) -> None:
        self._feed(entries)
        self._writer.hear(entries)

    def _forgotten(self, key: str) -> None:
        self._writer.forget(key)
        self._feed([Entry(key, None, 0)])

    def _operation(self, note: Note) -> Operation:
        return self._clock(), note.who, note.what, note.about, note.outcome


def _report(where: str, error: Exception) -> None:
    _log.warning("%s: %s", where, error)


def _nobody(_: Sequence[Entry]) -> None:
    """Before `open`."""
