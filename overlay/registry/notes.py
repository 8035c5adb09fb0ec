"""Questions and refusals for the audit log of the registry's store, written in time."""

from __future__ import annotations

import asyncio
import logging

from overlay.audit import DONE
from overlay.errors import Unavailable
from overlay.patience import comes_within
from overlay.registry.storage.contract import Note, Store
from overlay.settings import Settings

_log = logging.getLogger("overlay.registry")


class Notes:
    """See `overlay.desk.Notebook`. Keep `run` running: it writes what waits, sooner when there is much."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._every_s = settings.registry_sweep_s
        self._many = max(1, settings.registry_audit_buffer // 4)
        self._count = 0
        self._wake = asyncio.Event()

    def note(self, who: str, what: str, about: str, outcome: str = DONE) -> None:
        """Raises Overloaded when too many wait."""
        self._count += 1
        if self._count >= self._many:
            self._wake.set()
        self._store.note(Note(who, what, about, outcome))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await comes_within(self._wake, self._every_s)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits, if the store can."""
        self._wake.clear()
        self._count = 0
        try:
            await self._store.flush()
        except Unavailable as error:
            _log.warning("the audit log is not written yet: %s", error)
