"""All lines to one peer: which one is used, and whether the peer is there (GW-5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from bridges.frames.cargo import Cargo
from bridges.links.line import Line
from bridges.links.peer import Denied, Peer, PeerTrust
from overlay.settings import Settings
from overlay.token_bucket import TokenBucket

_BURST_S = 2.0
"""Of a peer's rate, how much may come at once."""


class Link:
    """A peer and the lines to its processes, the oldest first."""

    def __init__(self, peer: Peer, settings: Settings, denied: Denied, now: float) -> None:
        self.peer = peer
        self.trust = PeerTrust(peer, settings.clock_skew_s, denied)
        self.news: Callable[[], bytes] = bytes
        """Our CA's newest word on our roots, for whoever greets or is greeted."""
        self.state = "not connected yet"
        """For people: what was last heard or tried."""
        self.hellos = _bucket(settings.link_hellos_per_s, now)
        self.messages = _bucket(settings.link_rate_per_s, now)
        self.lines: list[Line] = []
        self.changed = asyncio.Event()
        """Set whenever `online` may have changed."""

    @property
    def domain(self) -> str:
        """Of the peer."""
        return self.peer.domain

    @property
    def online(self) -> bool:
        """Whether a line is up."""
        return bool(self.lines)

    @property
    def line(self) -> Line | None:
        """The one to send on: the oldest that is not being replaced."""
        usable = [line for line in self.lines if not (line.over or line.retired)]
        for line in usable:
            if not line.quiet:
                return line
        return usable[0] if usable else None

    def learn_roots(self, peer: Peer) -> None:
        """If nothing but its roots and its standing have changed, go on with these; the lines stay."""
        if peer == replace(self.peer, bundle=peer.bundle, standing=peer.standing):
            if peer.bundle != self.peer.bundle:
                self.trust.learn(peer.bundle)
            self.peer = peer

    def offer(self, cargo: Cargo) -> bool:
        """Give it to a line; False when there is none with room."""
        line = self.line
        return line is not None and line.offer(cargo)

    def up(self, line: Line) -> None:
        """A new line."""
        for older in self.lines:
            older.retired = older.retired or (older.process, older.accepted) == (line.process, line.accepted)
        self.lines.append(line)
        self.state = f"linked with {line.peer}, process {line.process}"
        self.changed.set()

    def down(self, line: Line) -> None:
        """It is over."""
        self.lines.remove(line)
        if not self.lines:
            self.state = f"offline: {line.over or 'stopped'}"
        self.changed.set()


def _bucket(rate_per_s: float, now: float) -> TokenBucket:
    return TokenBucket(rate_per_s, rate_per_s * _BURST_S, now)
