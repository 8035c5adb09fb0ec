"""The records of our own agents in memory: encoded, because a hundred thousand of them lie here. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from overlay.registry.record import Presence, Record
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import AGENT, key, rest_of
from overlay.wire.request import decode_struct, encode_struct

Told = Callable[[str, Record | None], None]
"""Hears of a party's record as it is now; None: it is gone."""


def record_key(party: str) -> str:
    """Where the record of `name@domain` lies, which is of our domain."""
    return key(AGENT, party.partition("@")[0])


class Book:
    """Records by party (`name@domain`). `version` of a record is the revision of its entry."""

    def __init__(self, domain: str, revision_of: Callable[[str], int]) -> None:
        self._domain = domain
        self._revision_of = revision_of
        self._rows: dict[str, bytes] = {}
        self._away: set[str] = set()
        self.on_change: list[Told] = []
        """They must be quick, and not raise."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, party: str) -> bool:
        return party in self._rows

    def __iter__(self) -> Iterator[Record]:
        return (self._read(party, data) for party, data in self._rows.items())

    @property
    def online(self) -> int:
        """How many are."""
        return len(self._rows) - len(self._away)

    def get(self, party: str) -> Record | None:
        """The record of `party`."""
        data = self._rows.get(party)
        return None if data is None else self._read(party, data)

    def is_online(self, party: str) -> bool:
        """Whether it is here, and there."""
        return party in self._rows and party not in self._away

    def size_of(self, party: str) -> int:
        """Bytes of its record; 0: it has none."""
        return len(self._rows.get(party, b""))

    def take(self, entry: Entry) -> None:
        """From the store. Raises BadInput."""
        party = f"{rest_of(entry.key)}@{self._domain}"
        record = None
        if entry.value is None:
            self._rows.pop(party, None)
            self._away.discard(party)
        else:
            record = decode_struct(entry.value, Record)
            self._rows[party] = entry.value
            self._mark(party, record)
            record = msgspec.structs.replace(record, version=entry.revision)
        for tell in self.on_change:
            tell(party, record)

    def _mark(self, party: str, record: Record) -> None:
        if record.presence is Presence.ONLINE:
            self._away.discard(party)
        else:
            self._away.add(party)

    def _read(self, party: str, data: bytes) -> Record:
        record = decode_struct(data, Record)
        return msgspec.structs.replace(record, version=self._revision_of(record_key(party)))


def written(record: Record) -> bytes:
    """As it lies in the store."""
    return encode_struct(msgspec.structs.replace(record, version=0))
