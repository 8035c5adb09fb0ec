"""The audit log of a replica as a bucket keeps it: pages of entries, each bound to all before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from overlay.audit import Head, Operation, link, number_of
from overlay.errors import Untrusted

Row = tuple[int, bytes, bytes]
"""Number, entry, hash."""


class Page(msgspec.Struct, frozen=True, array_like=True):
    """What one act wrote."""

    entries: tuple[bytes, ...]
    hashes: tuple[bytes, ...]

    @property
    def rows(self) -> list[Row]:
        """As a table has them. `overlay.audit.verify` finds what is damaged."""
        return [
            (number_of(entry), entry, digest) for entry, digest in zip(self.entries, self.hashes, strict=True)
        ]


def page_of(rows: Sequence[Row]) -> bytes:
    """Raises nothing."""
    return msgspec.msgpack.encode(Page(tuple(row[1] for row in rows), tuple(row[2] for row in rows)))


def next_page(head: Head, operations: Sequence[Operation]) -> tuple[bytes, Head]:
    """The page that follows `head`, and the head after it."""
    rows = link(head, operations)
    number, _, last = rows[-1]
    return page_of(rows), (number, last)


def read_page(data: bytes) -> Page:
    """Raises Untrusted."""
    try:
        page = msgspec.msgpack.decode(data, type=Page)
    except msgspec.MsgspecError as error:
        raise Untrusted(f"a page of the audit log is damaged: {error}. Keep it and look into it") from error
    if not page.entries or len(page.entries) != len(page.hashes):
        raise Untrusted("a page of the audit log is damaged: keep it and look into it")
    return page


def rows_of(pages: Iterable[bytes]) -> Iterator[Row]:
    """Of all pages of a replica. Raises Untrusted."""
    for page in pages:
        yield from read_page(page).rows
