"""The best of many, page by page, without sorting all. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from overlay.errors import BadInput
from overlay.registry.search.postings import Slots
from overlay.wire.malformed import MALFORMED

_ODD = np.uint64(0x9E3779B97F4A7C15)
_FIRST = 32
"""So many are sorted at first; most pages need no more."""
MAX_SHOWN = 2000


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where an answer ended. It names no slot and no number of records, so changes in between, and another
    process that answers the next page, neither repeat nor skip what did not change.
    """

    question: bytes
    key: int = 0
    tie: int = 0
    """Key and tie of the last that was shown (or looked at)."""
    shown: tuple[int, ...] = ()
    """Of an intent, whose order moves with all that is known: short hashes of what was shown."""


def question_of(key: bytes) -> bytes:
    """Names a query in its cursors."""
    return hashlib.blake2b(key, digest_size=8).digest()


def write_cursor(cursor: Cursor) -> str:
    """As it goes to the asker."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode()


def read_cursor(text: str, key: bytes) -> Cursor | None:
    """None for an empty one. Raises BadInput when it is none, or of another query."""
    if not text:
        return None
    try:
        cursor = msgspec.msgpack.decode(base64.urlsafe_b64decode(text.encode()), type=Cursor)
    except (ValueError, *MALFORMED) as error:
        raise BadInput("after: this is no cursor; use what an answer gave as its `after`") from error
    if cursor.question != question_of(key):
        raise BadInput("after: this continues another query; ask the same as before")
    if not (0 <= cursor.key < 1 << 63 and 0 <= cursor.tie < 1 << 64 and len(cursor.shown) <= MAX_SHOWN):
        raise BadInput("after: this is no cursor; use what an answer gave as its `after`")
    return cursor


def mixed(ties: NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """Equally good ones in an order of each asker's own: no agent is everybody's first choice."""
    return np.bitwise_xor(ties, np.uint64(salt)) * _ODD


def in_order(
    slots: Slots, keys: NDArray[np.int64], ties: NDArray[np.uint64], after: Cursor | None
) -> Iterator[tuple[int, int, int]]:
    """Slot, key and tie of each, the least key first, after the cursor; sorts as far as it is read."""
    if after is not None:
        left = (keys > after.key) | ((keys == after.key) & (ties > np.uint64(after.tie)))
        slots, keys, ties = slots[left], keys[left], ties[left]
    count = _FIRST
    while len(slots):
        best = _least(keys, ties, count)
        yield from zip(slots[best].tolist(), keys[best].tolist(), ties[best].tolist(), strict=True)
        rest = np.ones(len(slots), np.bool_)
        rest[best] = False
        slots, keys, ties = slots[rest], keys[rest], ties[rest]
        count *= 8


def _least(keys: NDArray[np.int64], ties: NDArray[np.uint64], count: int) -> NDArray[np.intp]:
    """Where the `count` least are, in order."""
    if len(keys) <= count:
        return np.lexsort((ties, keys))
    bound = np.partition(keys, count - 1)[count - 1]
    sure, equal = np.flatnonzero(keys < bound), np.flatnonzero(keys == bound)
    missing = count - len(sure)
    if len(equal) > missing:
        equal = equal[np.argpartition(ties[equal], missing - 1)[:missing]]
    best = np.concatenate((sure, equal))
    return best[np.lexsort((ties[best], keys[best]))]
