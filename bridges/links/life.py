"""How a link stands, for people: its states, since when, and why (GW-3, GW-5). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from overlay.clock import Clock

_LONGEST = 600


class LinkState(StrEnum):
    """Of a link."""

    CONNECTING = "connecting"
    LINKED = "linked"
    DEGRADED = "degraded"
    """Linked, but not on every line, or no line answers as it should."""
    OFFLINE = "offline"
    REFUSED = "refused"
    """By the peer, or the peer by us."""


class LinkLife:
    """Changes by what is told; `text` says it all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.state = LinkState.CONNECTING
        self.since = clock()
        self.why = "not connected yet"
        self.refused = 0
        """How often the peer was refused, or refused us."""

    @property
    def text(self) -> str:
        """`offline since 2026-11-21 12:03:11: …`"""
        since = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"{self.state} since {since}" + (f": {self.why}" if self.why else "")

    def linked(self, why: str) -> None:
        """Every line that there should be is there."""
        self._is(LinkState.LINKED, why)

    def degraded(self, why: str) -> None:
        """There is a line, and something is wrong."""
        self._is(LinkState.DEGRADED, why)

    def offline(self, why: str) -> None:
        """The last line is over."""
        self._is(LinkState.OFFLINE, why)

    def failed(self, why: str) -> None:
        """An attempt at a line failed, and there is none."""
        if self.state in (LinkState.OFFLINE, LinkState.CONNECTING):
            self.why = why[:_LONGEST]
        else:
            self._is(LinkState.OFFLINE, why)

    def was_refused(self, why: str) -> None:
        """A greeting was refused, here or there, and there is no line."""
        self.refused += 1
        self._is(LinkState.REFUSED, why)

    def _is(self, state: LinkState, why: str) -> None:
        if state is not self.state:
            self.state = state
            self.since = self._clock()
        self.why = why[:_LONGEST]
