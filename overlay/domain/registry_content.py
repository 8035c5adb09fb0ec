"""All that the store of a domain's registry holds, whichever kind it is.

A composition root: here, and in `registry_store`, stores have names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from overlay.audit import Row
from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_store import IN_A_FILE, bucket_access
from overlay.naming.ids import REGISTRY
from overlay.registry.storage.audit_page import Chain, rows_of
from overlay.registry.storage.nats_bucket import Reader
from overlay.registry.storage.nats_snapshot import opened_bucket, read_bucket, read_pages, there, write_bucket
from overlay.registry.storage.snapshot import Snapshot
from overlay.registry.storage.sqlite_snapshot import (
    audits_of_others,
    look_into,
    read_store_file,
    write_store_file,
)
from overlay.settings import Settings


@dataclass(frozen=True, slots=True)
class Holding:
    """What a store holds. `keys` counts deleted ones too, which are remembered."""

    kind: str
    where: str
    log: str
    revision: int
    keys: int
    bytes: int
    replicas: list[Reader]

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        return asdict(self)


async def read_store(folder: DomainFolder, settings: Settings) -> Snapshot:
    """As it is at one moment, while it is in use. Raises BadSettings, Unavailable, Untrusted."""
    if settings.registry_store == IN_A_FILE:
        return await asyncio.to_thread(read_store_file, folder.registry_store)
    return await read_bucket(bucket_access(folder, settings), settings)


async def write_store(folder: DomainFolder, settings: Settings, snapshot: Snapshot) -> str:
    """In place of what is there. Returns the identity of the new history. Raises Refused while it is in use;
    BadSettings, Unavailable.
    """
    if settings.registry_store == IN_A_FILE:
        return await asyncio.to_thread(_replace, folder.registry_store, snapshot)
    return await write_bucket(bucket_access(folder, settings), settings, snapshot)


async def read_audits(folder: DomainFolder, settings: Settings) -> Mapping[str, Chain]:
    """Of each process that ever wrote to the bucket, as it is now.

    Raises BadSettings, Unavailable; reading them, Untrusted.
    """
    pages = await read_pages(bucket_access(folder, settings), settings)
    return {replica: partial(rows_of, pages[replica]) for replica in sorted(pages)}


def restored_audits(path: Path) -> Mapping[str, Chain]:
    """Of processes that wrote before what is in this file was restored from a backup. Raises BadSettings."""
    return {replica: partial(_after, rows) for replica, rows in audits_of_others(path).items()}


def file_holding(folder: DomainFolder) -> Holding:
    """Of a file. Raises BadSettings."""
    path = folder.registry_store
    log, revision, keys = look_into(path)
    size = sum(file.stat().st_size for file in _files(path))
    there = process_of(folder, REGISTRY).running()
    return Holding(IN_A_FILE, str(path), log, revision, keys, size, [Reader(REGISTRY, there, 0)])


async def bucket_holding(folder: DomainFolder, settings: Settings) -> Holding:
    """Of a bucket. Raises BadSettings, Unavailable."""
    access = bucket_access(folder, settings)
    async with opened_bucket(access, settings) as (bucket, _):
        found = await there(bucket, access)
        readers = sorted(await bucket.readers(), key=lambda reader: reader.replica)
        log, newest = await bucket.last(bucket.log), await bucket.last(f"{bucket.state}>")
        return Holding(
            settings.registry_store,
            f"{access.address}, bucket {bucket.name}",
            log[2].decode() if log else "",
            newest[0] if newest else 0,
            await bucket.count(bucket.state),
            int(found["state"]["bytes"]),
            [reader for reader in readers if reader.there],
        )


def _after(rows: Sequence[Row], after: int) -> Iterator[Row]:
    return (row for row in rows if row[0] > after)


def _replace(path: Path, snapshot: Snapshot) -> str:
    """What was there is kept beside it."""
    draft = path.with_name(f"{path.name}.new")
    for left in _files(draft):
        left.unlink()
    log = write_store_file(draft, snapshot)
    kept = path.with_name(f"{path.name}.replaced")
    for left in _files(kept):
        left.unlink()
    for file in _files(path):
        file.rename(kept.with_name(file.name.replace(path.name, kept.name, 1)))
    draft.rename(path)
    return log


def _files(path: Path) -> list[Path]:
    """A database and what SQLite has beside it."""
    files = (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))
    return [file for file in files if file.exists()]
