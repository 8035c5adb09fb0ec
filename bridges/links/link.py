"""All lines to one peer: which one a message takes, and whether the peer is there (GW-5, GW-14)."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from bridges.frames.cargo import Cargo
from bridges.frames.frame import Processes
from bridges.links.choice import Choice
from bridges.links.life import LinkLife
from bridges.links.line import Line
from bridges.links.peer import Denied, Peer, PeerTrust
from bridges.links.quality import PathLosses
from overlay.clock import Clock, system_clock
from overlay.settings import Settings
from overlay.token_bucket import TokenBucket

_BURST_S = 2.0
"""Of a peer's rate, how much may come at once."""
_PROCESSES = 16
"""Of a peer's gateway: we keep a line to each, however many it says that it has."""


class Link:
    """A peer and the lines to its processes, the oldest first."""

    def __init__(
        self, peer: Peer, settings: Settings, denied: Denied, now: float, clock: Clock = system_clock
    ) -> None:
        self.peer = peer
        self.trust = PeerTrust(peer, settings.clock_skew_s, denied)
        self.news: Callable[[], bytes] = bytes
        """Our CA's newest word on our roots, for whoever greets or is greeted."""
        self.ours: Callable[[], Processes] = lambda: Processes(())
        """The processes of our own gateway, for the peer to know."""
        self.life = LinkLife(clock)
        self.note = ""
        """For people: what else is wrong."""
        self.hellos = _bucket(settings.link_hellos_per_s, now)
        self.messages = _bucket(settings.link_rate_per_s, now)
        self.lines: list[Line] = []
        self.changed = asyncio.Event()
        """Set whenever `online` may have changed."""
        self.processes: tuple[str, ...] = ()
        """Of the peer's gateway, by its own word."""
        self.told = asyncio.Event()
        """Set when it said so, or we leave."""
        self.leaving = False
        """Our process ends: there shall be no new lines."""
        self.losses: defaultdict[str, PathLosses] = defaultdict(PathLosses)
        """By address of the peer; those of lines that it dialled have the empty one."""
        self._choice: Choice[Line] = Choice(settings.link_spread)

    @property
    def domain(self) -> str:
        """Of the peer."""
        return self.peer.domain

    @property
    def online(self) -> bool:
        """Whether a line is up."""
        return bool(self.lines)

    @property
    def state(self) -> str:
        """For people: how it stands, since when, and why."""
        return self.life.text + (f"; {self.note}" if self.note else "")

    @property
    def line(self) -> Line | None:
        """The best one to send on."""
        best = self._choice.best
        if best is not None and not best.usable:
            self.look()
            best = self._choice.best
        return best

    def learn_roots(self, peer: Peer) -> None:
        """If nothing but its roots and its standing have changed, go on with these; the lines stay."""
        if peer == replace(self.peer, bundle=peer.bundle, standing=peer.standing):
            if peer.bundle != self.peer.bundle:
                self.trust.learn(peer.bundle)
            self.peer = peer

    def offer(self, cargo: Cargo) -> bool:
        """Give it to a line; False when there is none with room."""
        header = cargo.header
        line = self._choice.line(header.sender, header.to)
        if line is None or not line.usable:
            self.look()
            line = self._choice.line(header.sender, header.to)
        return line is not None and line.offer(cargo)

    def look(self) -> None:
        """Choose lines anew."""
        self._choice.look(self.lines)
        self._judge()

    def up(self, line: Line) -> None:
        """A new line."""
        for older in self.lines:
            older.retired = older.retired or older.place == line.place
        self.lines.append(line)
        self.look()
        self.changed.set()

    def down(self, line: Line) -> None:
        """It is over."""
        self.lines.remove(line)
        if line.broken:
            self.losses[line.address].lost(line.over, time.monotonic())
        self.look()
        if not self.lines:
            self.life.offline(line.over or "stopped")
        self.changed.set()

    def learn_processes(self, line: Line, item: Processes) -> None:
        """The peer says which processes it has."""
        self.processes = item.slots[:_PROCESSES]
        self.told.set()
        if item.leaving:
            line.part()
            self.look()

    def leave(self) -> None:
        """From now on there shall be no new lines."""
        self.leaving = True
        self.told.set()

    def failed(self, address: str, why: str, *, refused: bool = False) -> None:
        """There is no line by this way."""
        self.losses[address].lost(why, time.monotonic())
        if not self.lines:
            (self.life.was_refused if refused else self.life.failed)(why)

    def _judge(self) -> None:
        usable = [line for line in self.lines if line.usable]
        if not usable:
            return
        bad = [line for line in usable if line.doubtful]
        said = f"{len(usable)} {'line' if len(usable) == 1 else 'lines'} with {self.peer.gateway}"
        if bad:
            self.life.degraded(f"{said}, {len(bad)} of them without an answer")
        else:
            self.life.linked(said)


def _bucket(rate_per_s: float, now: float) -> TokenBucket:
    return TokenBucket(rate_per_s, rate_per_s * _BURST_S, now)
