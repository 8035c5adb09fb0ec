"""The deny list: what our CA and those of our peers revoked, in the order in which we heard of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from overlay.registry.protocol import Denied, DeniedPage
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import DENIED, key, rest_of
from overlay.registry.timeline import Timeline
from overlay.trust.serials import parse_serial

SERIALS_AT_ONCE = 1000
"""Deny-list entries in one answer."""
Told = Callable[[str, str, str, int], None]
"""Hears of a denial: domain, serial, the name that it was issued to if the domain is ours, and revision."""


def denied_key(domain: str, serial: str) -> str:
    """Where the denial of a certificate lies."""
    return key(DENIED, serial, domain)


class Denials:
    """Entries are numbered by their revisions."""

    def __init__(self) -> None:
        self._order = Timeline()
        self._domains: dict[str, dict[str, int]] = {}
        self.on_denied: list[Told] = []
        """They must be quick, and not raise."""

    @property
    def last(self) -> int:
        """The number of the last entry; 0 when there is none."""
        return self._order.last

    def take(self, entry: Entry) -> None:
        """From the store. Raises BadInput."""
        serial, _, domain = rest_of(entry.key).partition(".")
        parse_serial(serial)
        serials = self._domains.setdefault(domain, {})
        if entry.value is None:
            serials.pop(serial, None)
            self._order.drop(entry.key)
            return
        serials[serial] = entry.revision
        self._order.put(entry.key, entry.revision)
        for tell in self.on_denied:
            tell(domain, serial, entry.value.decode("ascii", "replace"), entry.revision)

    def knows(self, domain: str, serial: str) -> bool:
        """Whether it is on the list."""
        return serial in self._domains.get(domain, {})

    def of(self, domain: str) -> dict[str, int]:
        """Serials of `domain`, the latest last, and their numbers."""
        return self._domains.get(domain, {})

    def latest_of(self, domain: str, limit: int, since: int = 0) -> tuple[str, ...]:
        """The latest `limit` serials of `domain` denied after revision `since`, the latest first; -1: all."""
        found = self._domains.get(domain, {})
        latest = (serial for serial in reversed(found) if found[serial] > since)
        return tuple(islice(latest, None if limit < 0 else limit))

    def after(self, number: int) -> Iterator[Denied]:
        """Entries with numbers above `number`, oldest first."""
        for revision, stored in self._order.after(number):
            serial, _, domain = rest_of(stored).partition(".")
            yield Denied(revision, domain, serial)

    def page(self, log: str, asked_log: str, since: int) -> DeniedPage:
        """Those after entry `since` of the log that the asker knows; all, if ours is another."""
        start = since if asked_log == log else 0
        found = list(islice(self.after(start), SERIALS_AT_ONCE + 1))
        return DeniedPage(tuple(found[:SERIALS_AT_ONCE]), len(found) > SERIALS_AT_ONCE, log, start)
