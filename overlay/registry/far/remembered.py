"""What was found of far agents, and who was not found, each for a while; bounded. Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.registry.record import Record
from overlay.settings import Settings


class Remembered:
    """In one process of the registry. Names are `name@domain`, and domains."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._records: OrderedDict[str, tuple[float, Record]] = OrderedDict()
        self._missing: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def get(self, party: str) -> Record | None:
        """What was found lately."""
        until, record = self._records.get(party, (0.0, None))
        return record if until > self._clock() else None

    def put(self, record: Record) -> None:
        """It was found."""
        self._missing.pop(record.party, None)
        self._records.pop(record.party, None)
        self._records[record.party] = self._clock() + self._settings.far_record_s, record
        if len(self._records) > self._settings.far_records:
            self._records.popitem(last=False)

    def miss(self, name: str, why: str) -> None:
        """It was not."""
        self._records.pop(name, None)
        self._missing.pop(name, None)
        self._missing[name] = self._clock() + self._settings.far_unknown_s, why
        if len(self._missing) > self._settings.far_records:
            self._missing.popitem(last=False)

    def check_missing(self, name: str) -> None:
        """Raises NotFound while it was not found lately."""
        until, why = self._missing.get(name, (0.0, ""))
        if until > self._clock():
            raise NotFound(why)

    def forget_missing(self) -> None:
        """Somebody else may know now."""
        self._missing.clear()

    def forget_domain(self, domain: str) -> None:
        """What is believed of it changed."""
        for party in [party for party in self._records if party.endswith(f"@{domain}")]:
            del self._records[party]
