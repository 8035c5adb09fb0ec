"""The log of changes that peers follow, page by page (REG-8). No I/O but the store."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from overlay.registry.protocol import AskChanges, Changes
from overlay.registry.record import Record, without_access
from overlay.registry.storage.sqlite import RegistryStore
from overlay.settings import Settings

SERIALS_AT_ONCE = 1000
"""Deny-list entries in one answer."""

_Row = tuple[str, int, Record | None]


def page_of_changes(
    store: RegistryStore, settings: Settings, domain: str, version: int, ask: AskChanges
) -> Changes:
    """What changed in `domain` after `ask.since`, up to `version` or to where the page is full."""
    shown = (lambda record: record) if ask.access else without_access
    full = ask.log != store.log or ask.since > version
    since = 0 if full else ask.since
    rows = store.changed(since, settings.registry_page + 1)
    denied = store.denied_after(since, SERIALS_AT_ONCE + 1)
    denied_end = _end([number for _, number in denied], SERIALS_AT_ONCE)
    upto = int(min(_fitting(rows, settings), denied_end, version))
    page = [(name, record) for name, number, record in rows if number <= upto]
    return Changes(
        log=store.log,
        since=since,
        version=upto,
        full=full,
        records=tuple(shown(record) for _, record in page if record is not None),
        gone=tuple(f"{name}@{domain}" for name, record in page if record is None),
        more=upto < version,
        denied=tuple(serial for serial, number in denied if number <= upto),
        bundle=store.bundles.between(since, upto),
    )


def _fitting(rows: Sequence[_Row], settings: Settings) -> float:
    """Up to which change `rows` fit into one page; infinite when all do."""
    size = 0
    for count, (_, _, record) in enumerate(rows):
        size += 0 if record is None else len(msgspec.msgpack.encode(record))
        if count and size > settings.registry_page_bytes:
            return rows[count - 1][1]
    return _end([number for _, number, _ in rows], settings.registry_page)


def _end(numbers: Sequence[int], limit: int) -> float:
    """The last of the first `limit` change numbers; infinite when there are no more."""
    return numbers[limit - 1] if len(numbers) > limit else math.inf
