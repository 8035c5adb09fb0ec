"""What a stored reader has asked of its consumer and not yet got. Pure."""

from __future__ import annotations

from overlay.transport.nats_stream import nanoseconds

_EXPIRES_PART = 12
"""A pull ends well before the broker forgets where its answers go. It forgets at once when it reads its files
again (SIGHUP): what a pull of before is given then comes again after `ack_wait_s`, so pulls are short.
"""
_BEATS = 2
_MISSED = 2.5


class Pull:
    """One pull at a time: a message does not say which pull it answers, so with two nobody could count."""

    def __init__(self, lifetime_s: float) -> None:
        self.expected = 0
        self.expires_s = lifetime_s / _EXPIRES_PART
        self.heartbeat_s = self.expires_s / _BEATS
        self._number = b""
        self._heard = 0.0

    def begin(self, number: bytes, batch: int, now: float) -> bytes:
        """Ask for `batch` messages: the request."""
        self._number = number
        self._heard = now
        self.expected = batch
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
        self.expected = max(self.expected - 1, 0)

    def over(self, number: bytes) -> None:
        """The broker ended this pull."""
        if number == self._number:
            self.expected = 0

    def forget_if_silent(self, now: float) -> None:
        """Nothing heard for too long: the broker knows nothing of it."""
        if now - self._heard > self.heartbeat_s * _MISSED:
            self.forget()

    def forget(self) -> None:
        """No pull is open any more."""
        self.expected = 0
