"""The log of changes that peers follow, page by page (REG-8). Pure."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from overlay.registry.denials import SERIALS_AT_ONCE
from overlay.registry.peers.protocol import AskChanges, Changes
from overlay.registry.record import Record
from overlay.registry.registration.book import Book
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import AGENT, DENIED, kind_of, rest_of
from overlay.registry.timeline import Timeline
from overlay.settings import Settings
from overlay.wire.request import decode_struct

Shown = Callable[[Record], Record | None]
"""What the asker may see of a record; None: nothing, as if there were no such agent."""


class Roots(msgspec.Struct, frozen=True, array_like=True):
    """What our CA said last of our roots, as it lies in the store."""

    epoch: int
    statement: bytes


class _Page:
    """Takes changes until it is full."""

    def __init__(self, settings: Settings) -> None:
        self.records: list[Record] = []
        self.gone: list[str] = []
        self.denied: list[str] = []
        self.bundle = b""
        self._agents = settings.registry_page
        self._bytes = settings.registry_page_bytes

    def has_room(self, size: int) -> bool:
        """For another agent with a record of that many bytes, and for a serial."""
        self._bytes -= size
        some = bool(self.records or self.gone)
        return self._agents > 0 and (self._bytes >= 0 or not some) and len(self.denied) < SERIALS_AT_ONCE

    def add_agent(self, party: str, record: Record | None) -> None:
        self._agents -= 1
        if record is None:
            self.gone.append(party)
        else:
            self.records.append(record)


class Changelog:
    """Our agents, what our CA revoked, and our roots, in the order of their newest changes. Who knows it up
    to a revision asks on from there; who knows nothing, or another log, gets all of it.
    """

    def __init__(self, domain: str, book: Book) -> None:
        self._domain = domain
        self._book = book
        self._order = Timeline()
        self.roots = Roots(0, b"")

    @property
    def version(self) -> int:
        """The revision of the newest change."""
        return self._order.last

    def take(self, entry: Entry) -> None:
        """From the store, after the book took it. Raises BadInput."""
        kind = kind_of(entry.key)
        if kind == DENIED and rest_of(entry.key).partition(".")[2] != self._domain:
            return
        if kind not in (AGENT, DENIED):
            self.roots = Roots(0, b"") if entry.value is None else decode_struct(entry.value, Roots)
        self._order.put(entry.key, entry.revision)

    def page(self, settings: Settings, log: str, ask: AskChanges, shown: Shown) -> Changes:
        """What changed after `ask.since`, up to where the page is full. `log`: the store's."""
        full = ask.log != log
        since = 0 if full else ask.since
        page, upto, more = _Page(settings), since, False
        for revision, key in self._order.after(since):
            if not page.has_room(self._size(key)):
                more = True
                break
            self._add(page, key, shown, full=full)
            upto = revision
        return Changes(
            log=log,
            since=since,
            version=upto,
            full=full,
            records=tuple(page.records),
            gone=tuple(page.gone),
            more=more,
            denied=tuple(page.denied),
            bundle=page.bundle,
        )

    def _size(self, key: str) -> int:
        return self._book.size_of(self._party(key)) if kind_of(key) == AGENT else 0

    def _add(self, page: _Page, key: str, shown: Shown, *, full: bool) -> None:
        kind = kind_of(key)
        if kind == AGENT:
            record = self._book.get(self._party(key))
            told = None if record is None else shown(record)
            if told is not None or not full:
                page.add_agent(self._party(key), told)
        elif kind == DENIED:
            page.denied.append(rest_of(key).partition(".")[0])
        else:
            page.bundle = self.roots.statement

    def _party(self, key: str) -> str:
        return f"{rest_of(key)}@{self._domain}"
