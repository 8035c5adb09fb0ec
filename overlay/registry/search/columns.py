"""What of each record is a number, in columns: a slot for each record. Pure."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from overlay.registry.record import Presence, Readiness, Record
from overlay.registry.search.places import point_of
from overlay.registry.search.postings import Mask
from overlay.registry.search.versions import version_number

FIRST_ROOM = 1024
LATENCY_BITS: Final = 27
KM_BITS: Final = 15
NOT_SAID: Final = (1 << LATENCY_BITS) - 1
KM_AT: Final = LATENCY_BITS
BELOW_AT: Final = KM_AT + KM_BITS
_FOREIGN_AT: Final = BELOW_AT + 1
_STATE_AT: Final = _FOREIGN_AT + 1
AWAY_AT: Final = _STATE_AT + 2
PRESENCES: Final = tuple(Presence)
"""Their numbers, the best first."""
STATES: Final = tuple(Readiness)
_PRESENCE_NUMBERS: Final = {presence: number for number, presence in enumerate(PRESENCES)}
_encode = msgspec.msgpack.Encoder().encode
_STATE_NUMBERS: Final = {state: number for number, state in enumerate(STATES)}


class Columns:
    """`rank` orders records where a query does not say more: there now, ready, ours, quick."""

    def __init__(self) -> None:
        self.room = FIRST_ROOM
        self.alive: Mask = np.zeros(FIRST_ROOM, np.bool_)
        self.guarded: Mask = np.zeros(FIRST_ROOM, np.bool_)
        """Its owner does not show all of it to everybody."""
        self.rank: NDArray[np.int64] = np.zeros(FIRST_ROOM, np.int64)
        self.tie: NDArray[np.uint64] = np.zeros(FIRST_ROOM, np.uint64)
        self.version: NDArray[np.int64] = np.zeros(FIRST_ROOM, np.int64)
        self.point: NDArray[np.float64] = np.zeros((FIRST_ROOM, 3), np.float64)
        self.domain: NDArray[np.int32] = np.zeros(FIRST_ROOM, np.int32)
        self.presence: NDArray[np.uint8] = np.zeros(FIRST_ROOM, np.uint8)
        self.state: NDArray[np.uint8] = np.zeros(FIRST_ROOM, np.uint8)
        self.size: NDArray[np.int32] = np.zeros(FIRST_ROOM, np.int32)
        """Bytes of its profile."""
        self.row: NDArray[np.int32] = np.full(FIRST_ROOM, -1, np.int32)
        """In the semantic index; -1: not there."""
        self.said: NDArray[np.int64] = np.zeros(FIRST_ROOM, np.int64)
        """A hash of all that it says, but for what `move` writes."""

    def put(self, slot: int, record: Record, domain: int) -> None:
        """Write what `record` says of itself; there is room for `slot`."""
        profile = record.profile
        self.alive[slot] = True
        self.guarded[slot] = bool(profile.consent)
        self.move(slot, record)
        self.tie[slot] = tie_of(record.party)
        self.version[slot] = version_number(profile.version)
        self.point[slot] = point_of(profile.place)
        self.domain[slot] = domain
        self.size[slot] = len(_encode(profile))

    def move(self, slot: int, record: Record) -> None:
        """Write whether it is there, how it is, and where: it says the same as before."""
        presence, state = _PRESENCE_NUMBERS[record.presence], _STATE_NUMBERS[record.status.state]
        latency = min(record.profile.latency_ms, NOT_SAID) or NOT_SAID
        foreign = bool(record.gateway)
        self.rank[slot] = presence << AWAY_AT | state << _STATE_AT | foreign << _FOREIGN_AT | latency
        self.presence[slot] = presence
        self.state[slot] = state

    def drop(self, slot: int) -> None:
        """Nobody is there any more."""
        self.alive[slot] = False

    def grow(self) -> None:
        """Twice the room."""
        for name in vars(self).keys() - {"room"}:
            old = getattr(self, name)
            setattr(self, name, np.concatenate((old, np.zeros_like(old))))
        self.room *= 2


def tie_of(text: str) -> int:
    """A number that depends on nothing but the text: all processes of a registry order alike."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def presence_number(text: str) -> int:
    """Raises ValueError."""
    return _PRESENCE_NUMBERS[Presence(text)]


def state_number(text: str) -> int:
    """Raises ValueError."""
    return _STATE_NUMBERS[Readiness(text)]
