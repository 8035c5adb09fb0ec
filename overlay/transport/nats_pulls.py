"""What a stored reader has asked of its consumer and not yet got. Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.transport.nats_stream import nanoseconds

_EXPIRES_PART = 4
"""A pull ends well before the broker forgets where its answers go."""
_BEATS = 4
_MISSED = 2.5


class Pulls:
    """Open pulls, oldest first. Which one a message answers cannot be seen, so the oldest counts it."""

    def __init__(self, lifetime_s: float) -> None:
        self.expected = 0
        self.expires_s = lifetime_s / _EXPIRES_PART
        self.heartbeat_s = self.expires_s / _BEATS
        self._left: OrderedDict[bytes, int] = OrderedDict()
        self._heard = 0.0

    def add(self, number: bytes, batch: int, now: float) -> bytes:
        """A new pull; its request."""
        if not self._left:
            self._heard = now
        self._left[number] = batch
        self.expected += batch
        return b'{"batch": %d, "expires": %d, "idle_heartbeat": %d}' % (
            batch,
            nanoseconds(self.expires_s),
            nanoseconds(self.heartbeat_s),
        )

    def heard(self, now: float) -> None:
        """The consumer is alive."""
        self._heard = now

    def arrived(self) -> None:
        """A message came."""
        for number, left in self._left.items():
            self.expected -= 1
            if left > 1:
                self._left[number] = left - 1
            else:
                del self._left[number]
            return

    def over(self, number: bytes) -> None:
        """The broker ended this pull."""
        self.expected -= self._left.pop(number, 0)

    def forget_silent(self, now: float) -> None:
        """Nothing heard for too long: the broker knows nothing of our pulls."""
        if self._left and now - self._heard > self.heartbeat_s * _MISSED:
            self.clear()

    def clear(self) -> None:
        """No pull is open any more."""
        self._left.clear()
        self.expected = 0
