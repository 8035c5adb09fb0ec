"""Decide, commit, and when somebody else was quicker, decide again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Generic, TypeVar

from overlay.registry.storage.contract import Conflict, Note, Store, Write
from overlay.settings import Settings

T = TypeVar("T")
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """What is to be written, with the revisions that it was decided from, and what the asker is told then."""

    result: T
    writes: Sequence[Write] = field(default=())
    notes: Sequence[Note] = field(default=())


class Acts:
    """Every change of the registry goes through here."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._tries = settings.registry_decisions
        self._pause_s = settings.registry_conflict_s

    async def do(self, decide: Callable[[], Decision[T]]) -> tuple[T, int]:
        """What was decided, and the revision of its last write (0 when it wrote nothing), once it is on the
        disk and this process knows it.

        `decide` reads the state and must neither change it nor wait. Raises what it raises; Conflict when
        others were quicker `registry_decisions` times; Unavailable.
        """
        tried = 0
        while True:
            decision = decide()
            if not decision.writes and not decision.notes:
                return decision.result, 0
            try:
                revision = await self._store.commit(decision.writes, decision.notes)
            except Conflict:
                tried += 1
                if tried >= self._tries:
                    raise
                await asyncio.sleep(_random.uniform(0, self._pause_s * tried))
            else:
                return decision.result, revision
