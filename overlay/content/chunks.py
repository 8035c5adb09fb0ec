"""The arithmetic of chunks: where each is, how long it is, and by which digest it is known. Pure."""

from __future__ import annotations

import hashlib

from overlay.content.file_ref import FileRef
from overlay.errors import Untrusted

DIGEST_BYTES = 32


def chunk_start(ref: FileRef, index: int) -> int:
    """Where in the file it begins."""
    return index * ref.chunk_bytes


def chunk_length(ref: FileRef, index: int) -> int:
    """0 for a chunk that is none."""
    if not 0 <= index < ref.count:
        return 0
    return min(ref.chunk_bytes, ref.size - chunk_start(ref, index))


def digest_of(data: bytes) -> bytes:
    """Of one chunk."""
    return hashlib.sha256(data).digest()


def digest_at(digests: bytes, index: int) -> bytes:
    """Of all chunks' digests, one after the other, that of one."""
    return digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES]


def check_digests(ref: FileRef, digests: bytes) -> bytes:
    """`digests`, if they are those of the reference. Raises Untrusted."""
    if len(digests) != ref.count * DIGEST_BYTES or hashlib.sha256(digests).hexdigest() != ref.chunks:
        raise Untrusted(
            f"{ref.holder} told other digests of the chunks of {ref.name!r} than its reference has"
        )
    return digests


def check_chunk(ref: FileRef, index: int, data: bytes, digests: bytes) -> bytes:
    """`data`, if it is this chunk. Raises Untrusted."""
    if len(data) != chunk_length(ref, index) or digest_of(data) != digest_at(digests, index):
        raise Untrusted(f"chunk {index} of {ref.name!r} is not what {ref.holder} offered")
    return data
