"""Registrations that wait for an administrator, and decisions that were not used yet (REG-11). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.registry.approval.requests import Decision, Request, ends_at
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import REQUEST, key, rest_of
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.serials import parse_serial
from overlay.wire.request import decode_struct


def waiting_key(name: str) -> str:
    """Where what an agent asked for lies."""
    return key(REQUEST, name)


class Waiting:
    """By name: an agent waits for one thing at a time."""

    def __init__(self, trust: TrustStore, settings: Settings, clock: Clock) -> None:
        self._trust = trust
        self._settings = settings
        self._clock = clock
        self._requests: dict[str, Request] = {}

    def take(self, entry: Entry) -> None:
        """From the store. Raises BadInput."""
        name = rest_of(entry.key)
        if entry.value is None:
            self._requests.pop(name, None)
        else:
            self._requests[name] = decode_struct(entry.value, Request)

    @property
    def open(self) -> int:
        """How many wait."""
        now = self._clock()
        return sum(
            request.decision is Decision.OPEN and now < ends_at(request, self._settings)
            for request in self._requests.values()
        )

    def has(self, name: str) -> bool:
        """Whether anything lies there, whether it counts or not."""
        return name in self._requests

    def of(self, name: str) -> Request | None:
        """What it asked for, if that still counts: its time is not over, and its certificate not revoked."""
        request = self._requests.get(name)
        return None if request is None or self.is_over(request) else request

    def by_id(self, request_id: str) -> Request:
        """Raises NotFound."""
        for request in self._requests.values():
            if request.id == request_id:
                return request
        raise NotFound(
            f"request: there is none with the ID {request_id!r}; `overlay registry requests` lists them"
        )

    def after(self, name: str) -> Iterator[Request]:
        """Those of names after this one, in order."""
        return (self._requests[one] for one in sorted(self._requests) if one > name)

    def over(self) -> Iterator[Request]:
        """Those that count for nothing any more."""
        return (request for request in self._requests.values() if self.is_over(request))

    def is_over(self, request: Request) -> bool:
        """Whether it counts for nothing any more."""
        revoked = self._trust.denies(self._trust.own, parse_serial(request.serial))
        return revoked or self._clock() >= ends_at(request, self._settings)
