"""Telling a broker that is away from one that will not have us: who is shut out stops knocking. Pure."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.errors import OverlayError, Refused, Unreachable
from overlay.settings import Settings

_SAID = ("authorization violation", "certificate revoked", "certificate expired", "certificate unknown")
"""By nats-server; by TLS, in lower case and with blanks."""


class Refusals:
    """Logins that were refused one after the other: `Settings.reconnect_refusals` of them, and for
    `reconnect_refused_s`, since a broker whose domain starts again refuses everybody for a while.
    """

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self._name = name
        self._limit = settings.reconnect_refusals
        self._least_s = settings.reconnect_refused_s
        self._clock = clock
        self._count = 0
        self._since = 0.0

    def note(self, error: OverlayError) -> None:
        """A login failed. Raises Unreachable when it was refused for the last time."""
        text = str(error).lower().replace("_", " ")
        refused = isinstance(error, Refused) or any(word in text for word in _SAID)
        self._count = self._count + 1 if refused else 0
        now = self._clock()
        if self._count == 1:
            self._since = now
        if self._count >= self._limit and now - self._since >= self._least_s:
            raise Unreachable(
                f"the broker refused {self._name} {self._count} times in a row: its certificate was revoked "
                f"or has expired ({error})"
            ) from error
