"""The whole content of a registry's bucket: read while it is in use, written into a new one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.client import Client

from overlay.audit import Row
from overlay.endpoint.background import beside
from overlay.errors import BadSettings, Refused
from overlay.registry.storage.audit_page import page_of, read_page
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry
from overlay.registry.storage.nats_batch import Batch, Frame, send
from overlay.registry.storage.nats_bucket import RESTORING, Bucket, BucketAccess
from overlay.registry.storage.nats_feed import NatsFeed
from overlay.registry.storage.snapshot import AHEAD, Snapshot
from overlay.settings import Settings
from overlay.transport.nats_hand import NatsHand, unless

_LOST = "the connection to the registry's bucket was lost meanwhile: run it again"
_log = logging.getLogger("overlay.registry")


async def read_bucket(access: BucketAccess, settings: Settings) -> Snapshot:
    """As it is at one moment, whatever is written meanwhile. Raises BadSettings, Unavailable, Untrusted."""
    async with opened_bucket(access, settings) as (bucket, hand):
        await there(bucket, access)
        return _sorted(await _all_of(bucket, hand, settings))


async def read_pages(access: BucketAccess, settings: Settings) -> dict[str, list[bytes]]:
    """The audit log of each replica, page by page as they lie there; none where no registry ran.

    Raises BadSettings, Unavailable.
    """
    found: dict[str, list[bytes]] = {}
    async with opened_bucket(access, settings) as (bucket, hand):
        if await bucket.found() is None:
            return found
        stored = await _all_of(bucket, hand, settings)  # the end of an act may lie outside of its audit page
        for page in sorted(stored.values(), key=lambda page: page.revision):
            kind, _, rest = page.key.partition(".")
            if kind == "audit":
                found.setdefault(rest.partition(".")[0], []).append(page.value or b"")
        return found


async def write_bucket(access: BucketAccess, settings: Settings, snapshot: Snapshot) -> str:
    """In place of what is in it. Returns the identity of the new history.

    Raises Refused while a registry uses it; BadSettings, Unavailable.
    """
    async with opened_bucket(access, settings) as (bucket, hand):
        if await bucket.found() is not None:
            users = [user.replica for user in await bucket.readers() if user.there]
            if users:
                raise Refused(f"{', '.join(users)} of the registry use the bucket: `overlay down` them first")
            await bucket.api(f"STREAM.DELETE.{bucket.stream}")
        replicas, most = settings.registry_store_replicas, settings.registry_store_max_bytes
        await bucket.make(replicas, most, snapshot.revision + AHEAD)
        log = secrets.token_hex(16)
        await _put(bucket, hand, [Frame(bucket.log, RESTORING.encode(), 0)])
        for frames in _frames(bucket, snapshot):
            await _put(bucket, hand, frames)
        await _put(bucket, hand, [Frame(bucket.log, log.encode(), None)])
        return log


async def there(bucket: Bucket, access: BucketAccess) -> dict[str, Any]:
    """What its server says of the bucket. Raises BadSettings when there is none; Unavailable."""
    found = await bucket.found()
    if found is None:
        raise BadSettings(f"there is no bucket {bucket.name} at {access.address}: no registry ran there")
    return found


@asynccontextmanager
async def opened_bucket(access: BucketAccess, settings: Settings) -> AsyncIterator[tuple[Bucket, NatsHand]]:
    """The bucket, whether it is there or not. Raises BadSettings, Unavailable."""
    bucket = Bucket(settings.registry_store_bucket, settings.registry_store_timeout_s)

    async def prepare(client: Client) -> None:
        bucket.client = client

    hand = NatsHand(
        access.address, access.tls, settings, login=access.login, prepare=prepare, on_error=_report
    )
    await hand.open()
    try:
        yield bucket, hand
    finally:
        await hand.close()


async def _all_of(bucket: Bucket, hand: NatsHand, settings: Settings) -> dict[str, Entry]:
    newest: dict[str, Entry] = {}

    def hear(entries: list[Entry]) -> None:
        if not feed.caught_up.is_set():  # what comes later may be half of an act
            newest.update((entry.key, entry) for entry in entries)

    beat_s = settings.registry_store_heartbeat_s
    feed = NatsFeed(bucket, bucket.everything, "backup", beat_s, hear=hear, on_error=_report)
    whole = feed.caught_up
    await feed.start()
    async with beside(feed.watch()):
        await unless(hand.lost, whole.wait(), _LOST)
    await feed.stop()
    return newest


def _sorted(newest: dict[str, Entry]) -> Snapshot:
    found = Snapshot("")
    for entry in sorted(newest.values(), key=lambda entry: entry.revision):
        kind, _, key = entry.key.partition(".")
        if kind == "log":
            found.log = (entry.value or b"").decode()
        elif kind == "audit":
            replica = key.partition(".")[0]
            found.audits.setdefault(replica, []).extend(read_page(entry.value or b"").rows)
        else:
            found.entries.append(Entry(key, entry.value, entry.revision))
            found.revision = entry.revision
    return found


def _frames(bucket: Bucket, snapshot: Snapshot) -> Iterator[list[Frame]]:
    entries = snapshot.entries
    for start in range(0, len(entries), WRITES_AT_ONCE):
        yield [
            Frame(f"{bucket.state}{entry.key}", entry.value or b"", 0, deletes=entry.value is None)
            for entry in entries[start : start + WRITES_AT_ONCE]
        ]
    for replica, rows in snapshot.audits.items():
        for start in range(0, len(rows), WRITES_AT_ONCE):
            yield [_page(bucket, replica, rows[start : start + WRITES_AT_ONCE])]


def _page(bucket: Bucket, replica: str, rows: Sequence[Row]) -> Frame:
    return Frame(f"{bucket.audit}{replica}.{rows[0][0]}", page_of(rows), 0)


async def _put(bucket: Bucket, hand: NatsHand, frames: Sequence[Frame]) -> None:
    await unless(hand.lost, send(bucket, Batch([], []), frames), _LOST)


def _report(where: str, error: Exception) -> None:
    _log.warning("%s: %s", where, error)
