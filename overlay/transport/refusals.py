"""Telling a broker that is away from one that will not have us: who is shut out stops knocking. Pure."""

from __future__ import annotations

from overlay.errors import OverlayError, Refused, Unreachable

_SAID = ("authorization violation", "certificate revoked", "certificate expired", "certificate unknown")
"""By nats-server; by TLS, in lower case and with blanks."""


class Refusals:
    """Logins that were refused one after the other, up to `limit`."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._count = 0

    def note(self, error: OverlayError) -> None:
        """A login failed. Raises Unreachable when it was refused for the last time."""
        text = str(error).lower().replace("_", " ")
        refused = isinstance(error, Refused) or any(word in text for word in _SAID)
        self._count = self._count + 1 if refused else 0
        if self._count >= self._limit:
            raise Unreachable(
                f"the broker refused {self._name} {self._count} times in a row: its certificate was revoked "
                f"or has expired ({error})"
            ) from error
