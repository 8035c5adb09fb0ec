"""The audit log of a replica as a bucket keeps it: pages of entries, each bound to all before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from overlay.audit import Head, Operation, Row, link, number_of
from overlay.errors import Untrusted

Chain = Callable[[int], Iterator[Row]]
"""Of one replica: its rows with numbers above the one given, oldest first."""


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


def rows_of(pages: Iterable[bytes], after: int) -> Iterator[Row]:
    """Of all pages of a replica, those with numbers above `after`. Raises Untrusted."""
    for page in pages:
        yield from (row for row in read_page(page).rows if row[0] > after)
