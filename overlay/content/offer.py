"""One file as its holder offers it, made of what is on the disk. In threads, as it reads."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from pathlib import Path

import msgspec

from overlay.content.chunks import chunk_length, chunk_start, digest_of
from overlay.content.file_ref import FileRef, check_file_name
from overlay.content.modality import compressible
from overlay.content.packing import SAMPLE_BYTES, packed, worth_packing
from overlay.content.talk import Chunk
from overlay.errors import BadInput, Refused, TooLarge


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """By what a changed file is known."""

    size: int
    changed_ns: int
    device: int
    node: int

    @classmethod
    def of(cls, found: os.stat_result) -> Seen:
        """As it is now."""
        return cls(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


class Offer(msgspec.Struct, frozen=True):
    """What the holder keeps of it."""

    ref: FileRef
    path: str
    seen: Seen
    digests: bytes
    """Of all chunks, one after the other."""
    packs: bool
    """Whether chunks are worth packing."""
    to: tuple[str, ...]
    """Who may fetch it: `name@domain`, `*@domain`, a domain."""
    until: float
    """Seconds since 1970."""


class Changed(Refused):
    """The file is not what was offered any more."""


def make_offer(
    path: Path, holder: str, media_type: str, to: tuple[str, ...], until: float, chunk_bytes: int, most: int
) -> Offer:
    """Reads the file once. Raises BadInput for what is no readable file, TooLarge, Changed."""
    name = check_file_name(path.name)
    try:
        with path.open("rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise BadInput(f"{path} is not a file: only files can be offered")
            if before.st_size > most:
                raise TooLarge(
                    f"{path} has {before.st_size} bytes, and files have at most {most} (file_bytes)"
                )
            sample = os.pread(file.fileno(), SAMPLE_BYTES, 0)
            whole, digests = _digests(file.fileno(), chunk_bytes, before.st_size)
            seen = Seen.of(os.fstat(file.fileno()))
    except OSError as error:
        raise BadInput(f"{path} cannot be offered: {error.strerror}") from error
    if seen != Seen.of(before):
        raise Changed(f"{path} changed while it was read: offer it when it is complete")
    ref = FileRef(
        id=secrets.token_hex(16),
        key=secrets.token_hex(16),
        holder=holder,
        name=name,
        size=seen.size,
        digest=whole,
        chunk_bytes=chunk_bytes,
        chunks=hashlib.sha256(digests).hexdigest(),
        media_type=media_type,
    )
    packs = compressible(media_type) and worth_packing(sample)
    return Offer(ref, str(path.absolute()), seen, digests, packs, to, until)


def _digests(file: int, chunk_bytes: int, size: int) -> tuple[str, bytes]:
    whole, digests, at = hashlib.sha256(), bytearray(), 0
    while at < size:
        data = os.pread(file, chunk_bytes, at)
        if not data:
            break  # it shrank, which `Seen` tells
        whole.update(data)
        digests += digest_of(data)
        at += len(data)
    return whole.hexdigest(), bytes(digests)


def read_chunk(offer: Offer, index: int) -> Chunk:
    """Raises Changed when the file is gone or another; BadInput for a chunk that it does not have."""
    length = chunk_length(offer.ref, index)
    if not length:
        raise BadInput(f"{offer.ref.name!r} has no chunk {index}")
    try:
        file = os.open(offer.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Changed(f"{offer.ref.name!r} is not there any more: {error.strerror}") from error
    try:
        same = Seen.of(os.fstat(file)) == offer.seen
        data = os.pread(file, length, chunk_start(offer.ref, index)) if same else b""
        same = same and Seen.of(os.fstat(file)) == offer.seen
    except OSError as error:
        raise Changed(f"{offer.ref.name!r} cannot be read any more: {error.strerror}") from error
    finally:
        os.close(file)
    if not same or len(data) != length:
        raise Changed(f"{offer.ref.name!r} was changed since it was offered: it has to be offered again")
    small = packed(data) if offer.packs else None
    return Chunk(data) if small is None else Chunk(small, packed=True)
