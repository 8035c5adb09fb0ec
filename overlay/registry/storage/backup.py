"""A backup of a registry as one file, the same from every kind of store."""

from __future__ import annotations

import hashlib
import zlib

import msgspec

from overlay.audit import Row
from overlay.errors import BadInput
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.snapshot import Snapshot

_MAGIC = b"overlay registry backup 1\n"
_DIGEST = 32
_QUICK = 1


class Backup(msgspec.Struct, frozen=True):
    """What is in the file, behind a digest of it."""

    domain: str
    taken_at: float
    log: str
    revision: int
    entries: list[Entry]
    audits: dict[str, list[Row]]

    @property
    def snapshot(self) -> Snapshot:
        """For a store."""
        return Snapshot(self.log, self.revision, self.entries, self.audits)


def backup_of(snapshot: Snapshot, domain: str, now: float) -> Backup:
    """Taken now."""
    return Backup(domain, now, snapshot.log, snapshot.revision, snapshot.entries, snapshot.audits)


def backup_to_bytes(backup: Backup) -> bytes:
    """For a file."""
    packed = zlib.compress(msgspec.msgpack.encode(backup), _QUICK)
    return _MAGIC + hashlib.sha256(packed).digest() + packed


def backup_from_bytes(data: bytes) -> Backup:
    """Raises BadInput for anything but a whole backup."""
    if not data.startswith(_MAGIC):
        raise BadInput("this is no backup of a registry: name a file that `overlay registry backup` made")
    digest, packed = data[len(_MAGIC) :][:_DIGEST], data[len(_MAGIC) + _DIGEST :]
    if hashlib.sha256(packed).digest() != digest:
        raise BadInput("this backup is damaged: its digest is another. Take another copy of it")
    try:
        return msgspec.msgpack.decode(zlib.decompress(packed), type=Backup)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise BadInput(f"this backup was made by another version of the program: {error}") from error
