"""Chunks made smaller where that pays. Pure."""

from __future__ import annotations

import zlib

from overlay.errors import Untrusted

SAMPLE_BYTES = 64 * 1024
_LEVEL = 1
_WORTH = 0.8
"""Of its length, at most so much is left of what is worth packing."""


def worth_packing(sample: bytes) -> bool:
    """Whether what begins like this is."""
    return len(sample) > 512 and len(zlib.compress(sample, _LEVEL)) <= _WORTH * len(sample)


def packed(data: bytes) -> bytes | None:
    """None: it is not worth it."""
    small = zlib.compress(data, _LEVEL)
    return small if len(small) <= _WORTH * len(data) else None


def unpacked(data: bytes, length: int) -> bytes:
    """What was packed, which has so many bytes: never more is made of it. Raises Untrusted."""
    opening = zlib.decompressobj()
    try:
        plain = opening.decompress(data, max(1, length))
    except zlib.error as error:
        raise Untrusted(f"a packed chunk does not open: {error}") from error
    if len(plain) != length or opening.decompress(opening.unconsumed_tail, 1):
        raise Untrusted("a packed chunk has another length than it should")
    return plain
