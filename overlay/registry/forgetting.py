"""Deletions are remembered for a while, so that who was away hears of them, and then forgotten."""

from __future__ import annotations

from itertools import islice, takewhile

import msgspec

from overlay.clock import DAY_S, Clock
from overlay.registry.acts import Acts, Decision
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Store, Write
from overlay.registry.storage.keys import FORGOTTEN
from overlay.settings import Settings
from overlay.wire.request import decode_struct, encode_struct

_MARKS = 10
"""In `registry_forget_days`: so exactly is known how old a deletion is."""


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """The newest revision at some time."""

    revision: int
    at: float


class Forgotten(msgspec.Struct, frozen=True, array_like=True):
    """As it lies in the store: `floor` is written before anything up to it is forgotten."""

    floor: int = 0
    marks: tuple[Mark, ...] = ()


class Forgetting:
    """A part of the sweep. Each process forgets by itself what the floor allows."""

    def __init__(self, acts: Acts, state: State, store: Store, settings: Settings, clock: Clock) -> None:
        self._acts = acts
        self._state = state
        self._store = store
        self._clock = clock
        self._age_s = settings.registry_forget_days * DAY_S
        self._held = Forgotten()
        state.on(FORGOTTEN, self._take)

    async def __call__(self) -> None:
        """Raises Conflict, Unavailable."""
        await self._acts.do(self._marking)
        floor = self._state.floor
        old = takewhile(lambda one: one[1] <= floor, self._state.gone(0))
        if keys := [key for key, _ in islice(old, WRITES_AT_ONCE)]:
            await self._store.forget(keys, floor)

    def _marking(self) -> Decision[None]:
        """A registry where nothing was deleted writes nothing."""
        now, held = self._clock(), self._held
        ripe = [mark for mark in held.marks if mark.at <= now - self._age_s]
        last = held.marks[-1] if held.marks else Mark(held.floor, 0.0)
        due = now - last.at >= self._age_s / _MARKS and any(self._state.gone(last.revision))
        if not ripe and not due:
            return Decision(None)
        floor = max((held.floor, *(mark.revision for mark in ripe)))
        marks = held.marks[len(ripe) :] + ((Mark(self._state.revision, now),) if due else ())
        data = encode_struct(Forgotten(floor, marks))
        return Decision(None, (Write(FORGOTTEN, data, self._state.revision_of(FORGOTTEN)),))

    def _take(self, entry: Entry) -> None:
        self._held = Forgotten() if entry.value is None else decode_struct(entry.value, Forgotten)
        self._state.floor = self._held.floor
