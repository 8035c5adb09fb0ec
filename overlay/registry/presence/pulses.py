"""Whom each process of the registry heard, told to the others: silence counts only when nobody heard. Pure.

A heartbeat reaches one process. While there are several, each writes down at every sweep whom it heard since
the last one; a process that is alone says nothing after its first hello.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Sequence
from itertools import islice

import msgspec

from overlay.clock import Clock
from overlay.errors import BadInput
from overlay.registry.presence.heard import Heard
from overlay.registry.storage.contract import Entry, Write
from overlay.registry.storage.keys import PULSE, key, rest_of
from overlay.settings import Settings
from overlay.wire.request import decode_struct, encode_struct

_LONGEST = 4 * 1024 * 1024
Reached = Callable[[str, float], None]
"""Hears that another process heard a peer's domain, and when."""


class Pulse(msgspec.Struct, frozen=True, array_like=True):
    """Agents (their names, one a line, deflated) and peers' domains that one process heard since the last."""

    agents: bytes = b""
    peers: dict[str, float] = {}


class Pulses:
    """Ours, and those of the other processes."""

    def __init__(self, domain: str, heard: Heard, settings: Settings, clock: Clock) -> None:
        self.me = secrets.token_hex(4)
        self.on_peer: list[Reached] = []
        self._domain = domain
        self._heard = heard
        self._clock = clock
        self._silence_s = settings.heartbeat_s * settings.heartbeat_misses
        self._names = settings.registry_pulse_names
        self._agents: set[str] = set()
        self._said: set[str] = set()
        self._peers: dict[str, float] = {}
        self._others: dict[str, float] = {}
        self._theirs: dict[str, int] = {}
        self._hello = True
        self._last = clock()

    def heard_agent(self, party: str) -> None:
        """To be told to the others, if there are any."""
        if self._others:
            self._agents.add(party.partition("@")[0])

    def heard_peer(self, domain: str) -> None:
        """The same of a peer's domain."""
        if self._others:
            self._peers[domain] = self._clock()

    def take(self, entry: Entry) -> None:
        """From the store. Raises BadInput."""
        replica = rest_of(entry.key).partition(".")[0]
        if replica == self.me:
            return
        if entry.value is None:
            self._theirs.pop(entry.key, None)
            return
        self._theirs[entry.key] = entry.revision
        self._others[replica] = self._clock()
        pulse = decode_struct(entry.value, Pulse)
        for name in _inflated(pulse.agents):
            party = f"{name}@{self._domain}"
            if party in self._heard:
                self._heard.note(party)
        for domain, at in pulse.peers.items():
            for tell in self.on_peer:
                tell(domain, at)

    def say(self) -> list[Write]:
        """What this process has to tell. When it is written, `told`; else it is said again with the next."""
        self._forget_silent()
        if not self._others:
            return [self._write(0, Pulse())] if self._hello else []
        self._said.update(self._agents)
        self._agents.clear()
        names = list(self._said)
        parts = [names[at : at + self._names] for at in range(0, len(names), self._names)] or [[]]
        return [
            self._write(number, Pulse(_deflated(part), {} if number else dict(self._peers)))
            for number, part in enumerate(parts)
        ]

    def told(self) -> None:
        """All that was said is written, and what others wrote before is known. Forgives the silence of all,
        if this process was cut off from the others for too long to judge it.
        """
        self._said.clear()
        self._hello = False
        now = self._clock()
        if self._others and now - self._last > self._silence_s / 2:
            self._heard.forgive()
        self._last = now

    def waste(self) -> list[Write]:
        """What processes that are gone left behind."""
        gone = (stored for stored in self._theirs if rest_of(stored).partition(".")[0] not in self._others)
        return [Write(stored, None, self._theirs[stored]) for stored in islice(gone, 100)]

    def _forget_silent(self) -> None:
        limit = self._clock() - self._silence_s
        before = len(self._others)
        self._others = {replica: last for replica, last in self._others.items() if last >= limit}
        if before and not self._others:
            self._hello = True  # they may think the same of us
            for said in (self._agents, self._said, self._peers):
                said.clear()

    def _write(self, number: int, pulse: Pulse) -> Write:
        return Write(key(PULSE, self.me, str(number)), encode_struct(pulse))


def _deflated(names: Sequence[str]) -> bytes:
    return zlib.compress("\n".join(sorted(names)).encode(), 1) if names else b""


def _inflated(data: bytes) -> list[str]:
    if not data:
        return []
    try:
        return zlib.decompressobj().decompress(data, _LONGEST).decode("ascii").split("\n")
    except (zlib.error, UnicodeDecodeError) as error:
        raise BadInput(f"malformed Pulse: {error}") from error
