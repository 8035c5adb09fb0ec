"""The log of changes that peers follow, page by page (REG-8). Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import ClassVar

import msgspec

from overlay.errors import Unavailable
from overlay.registry.denials import SERIALS_AT_ONCE
from overlay.registry.peers.protocol import Changes
from overlay.registry.record import Record
from overlay.registry.registration.book import Book, record_key
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import AGENT, DENIED, ROOTS, kind_of, rest_of
from overlay.registry.timeline import Timeline
from overlay.settings import Settings
from overlay.wire.request import decode_struct


class Verdict(Enum):
    """What else than a record is told of an agent."""

    NOTHING = "nothing"
    GONE = "gone"
    DOUBT = "doubt"
    """Whether the asker may hear its name is not known here: it has to begin anew."""


class Doubtful(Unavailable):
    """This cannot be told from there on."""

    reason: ClassVar[str] = "doubtful"


Told = Record | Verdict
Tell = Callable[[str, Record | None, int], Told]
"""What the asker hears of an agent: name and domain, record, revision of its newest change."""
_LOOKS = 20
"""How many changes are looked at for each that fits into a page: what is hidden fills none."""


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
        self._looks = settings.registry_page * _LOOKS

    def has_room(self) -> bool:
        """To look at another change: for a serial."""
        self._looks -= 1
        return self._looks >= 0 and self._agents > 0 and len(self.denied) < SERIALS_AT_ONCE

    def add_agent(self, party: str, told: Told, size: int) -> bool:
        """`size`: of its record. Whether there was room for it."""
        if told is Verdict.GONE:
            self.gone.append(party)
        elif isinstance(told, Record):
            self._bytes -= size
            if self._bytes < 0 and self.records:
                return False
            self.records.append(told)
        else:
            return True
        self._agents -= 1
        return True


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
        if kind == ROOTS:
            self.roots = Roots(0, b"") if entry.value is None else decode_struct(entry.value, Roots)
        self._order.put(entry.key, entry.revision)

    def forget(self, key: str) -> None:
        """Its deletion is told to nobody any more: who may not have heard of it begins anew."""
        self._order.drop(key)

    def revision_of(self, party: str) -> int:
        """Of the newest change of an agent of ours; 0: there was none."""
        return self._order.revision_of(record_key(party))

    def page(self, settings: Settings, log: str, since: int, tell: Tell, *, full: bool) -> Changes:
        """What changed after `since`, up to where the page is full. `log`: as the asker knows it.

        Raises Doubtful when `tell` doubts.
        """
        page, upto, more = _Page(settings), since, False
        for revision, key in self._order.after(since):
            if not page.has_room():
                more = True
                break
            if kind_of(key) == AGENT:
                party = f"{rest_of(key)}@{self._domain}"
                told = tell(party, self._book.get(party), revision)
                if told is Verdict.DOUBT:
                    raise Doubtful(f"whether {party} may be named is not known: begin anew")
                if not page.add_agent(party, told, self._book.size_of(party)):
                    more = True
                    break
            elif kind_of(key) == DENIED:
                page.denied.append(rest_of(key).partition(".")[0])
            elif kind_of(key) == ROOTS:
                page.bundle = self.roots.statement
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
