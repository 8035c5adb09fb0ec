"""How others served, as one process saw it: how long they took, how often they failed. Pure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from overlay.naming.ids import PartyId

_NEW = 0.2
"""What the newest answer counts in the mean."""
_DOUBLINGS = 6


@dataclass(slots=True)
class Service:
    """Of one agent. Times are seconds of any steady clock."""

    ms: float = 0.0
    """How long an answer takes, on average; the newer count more."""
    asked: int = 0
    failed: float = 0.0
    """The share that failed, the newer count more."""
    in_a_row: int = 0
    """Failures since the last answer."""
    avoid_until: float = 0.0
    under_way: int = 0
    """Questions that it has now."""


class Observed:
    """Of at most `limit` agents, the latest. Who fails is avoided for `avoid_s`, doubled each time."""

    def __init__(self, limit: int, avoid_s: float) -> None:
        self._limit = limit
        self._avoid_s = avoid_s
        self._services: OrderedDict[PartyId, Service] = OrderedDict()

    def of(self, party: PartyId) -> Service:
        """What is known; nothing: a new one."""
        return self._services.get(party) or Service()

    def begin(self, party: PartyId) -> None:
        """It is asked something."""
        self._at(party).under_way += 1

    def end(self, party: PartyId) -> None:
        """However it ended."""
        service = self._at(party)
        service.under_way = max(0, service.under_way - 1)

    def answered(self, party: PartyId, took_s: float) -> None:
        """It did what it was asked."""
        service = self._at(party)
        took_ms = took_s * 1000
        service.ms = took_ms if not service.asked else service.ms + _NEW * (took_ms - service.ms)
        service.failed *= 1 - _NEW
        service.asked += 1
        service.in_a_row, service.avoid_until = 0, 0.0

    def failed(self, party: PartyId, now: float, retry_after_s: float = 0.0) -> None:
        """It did not, or does not want to be asked before `retry_after_s`."""
        service = self._at(party)
        service.failed += _NEW * (1 - service.failed)
        service.asked += 1
        doubled = self._avoid_s * 2 ** min(service.in_a_row, _DOUBLINGS)
        service.in_a_row += 1
        service.avoid_until = now + (retry_after_s or doubled)

    def _at(self, party: PartyId) -> Service:
        service = self._services.pop(party, None) or Service()
        self._services[party] = service
        if len(self._services) > self._limit:
            self._services.popitem(last=False)
        return service
