"""What one session has received, and what the peer has to be told of it. Pure."""

from __future__ import annotations

from bridges.frames.frame import Ack, Failure
from bridges.frames.window import Arrivals


class Incoming:
    """`due`: an acknowledgement goes into the next frame. At most `failures` realtime ones are reported."""

    def __init__(self, failures: int) -> None:
        self.due = False
        self._limit = failures
        self._arrivals = Arrivals()
        self._failures: list[Failure] = []

    @property
    def unreported(self) -> int:
        """How many failures wait to be told."""
        return len(self._failures)

    def begin(self, number: int) -> None:
        """A message came; 0: realtime. Raises BadEnvelope unless its number is the next."""
        self.due = True
        if number:
            self._arrivals.begin(number)

    def settled(self, number: int) -> None:
        """It is stored."""
        self._arrivals.settled(number)
        self.due = True

    def refused(self, failure: Failure) -> bool:
        """It was not taken. False when it is one too many to report."""
        if not failure.number and len(self._failures) >= self._limit:
            return False
        self._failures.append(failure)
        self.due = True
        if failure.number:
            self._arrivals.settled(failure.number)
        return True

    def ack(self, frames: int) -> Ack:
        """What the peer is told now; failures are told once, for frames are lost only with their session."""
        failures, self._failures = tuple(self._failures), []
        self.due = False
        return Ack(frames, self._arrivals.upto, failures)
