"""How our agents are, by their own word: kept here, written down only when it matters (GW-2). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from overlay.clock import Clock
from overlay.errors import TooLarge
from overlay.registry.record import Presence, Record, Status
from overlay.registry.registration.fault import Fault, raise_faults
from overlay.settings import Settings

_USUAL = Status()


def check_status(status: Status, settings: Settings) -> None:
    """Raises BadInput, TooLarge."""
    raise_faults(list(_faults(status, settings)), "the status")


class Statuses:
    """The newest status of each agent that this process heard. What its record says may be a little older."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._last: dict[str, Status] = {}
        self._written: dict[str, Status] = {}
        self._told: dict[str, float] = {}

    def hear(self, party: str, status: Status) -> bool:
        """Remember it. Whether the record should say it now: the state is another, or the load by
        `status_load_step`, and not sooner than `status_publish_s` after the last time.
        """
        written = self._written.get(party, _USUAL)
        self._last[party] = status
        if status.state is not written.state:
            return self._tell(party)
        if abs(status.load - written.load) < self._settings.status_load_step:
            return False
        if self._clock() - self._told.get(party, -math.inf) < self._settings.status_publish_s:
            return False
        return self._tell(party)

    def changed(self, party: str, record: Record | None) -> None:
        """Its record is this now; None: it is gone."""
        if record is None:
            for table in (self._last, self._written):
                table.pop(party, None)
            self._told.pop(party, None)
        elif record.status == _USUAL:
            self._written.pop(party, None)
        else:
            self._written[party] = record.status

    def shown(self, record: Record) -> Record:
        """With the newest that was heard here."""
        last = self._last.get(record.party)
        if last is None or record.presence is not Presence.ONLINE:
            return record
        return msgspec.structs.replace(record, status=last)

    def _tell(self, party: str) -> bool:
        self._told[party] = self._clock()
        return True


def _faults(status: Status, settings: Settings) -> Iterator[Fault]:
    if not (math.isfinite(status.load) and 0 <= status.load <= 1):
        yield Fault("load", f"is {status.load}", "from 0, idle, to 1, full")
    if len(status.text) > settings.status_text:
        said = f"up to {settings.status_text}: status_text"
        yield Fault("text", f"has {len(status.text)} characters", said, TooLarge)
    if not status.text.isprintable():
        yield Fault("text", "contains control characters", "printable characters, on one line")
