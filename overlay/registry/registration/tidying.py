"""What is left of registrations, and counts for nothing any more, is forgotten."""

from __future__ import annotations

from itertools import chain, islice

from overlay.clock import Clock
from overlay.registry.acts import Acts, Decision
from overlay.registry.approval.waiting import waiting_key
from overlay.registry.registration.history import history_key
from overlay.registry.registration.registrar import Registrar
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Write
from overlay.settings import Settings


class Tidying:
    """Requests that are over, and histories of entries that were removed `registration_kept_s` ago."""

    def __init__(
        self, registrar: Registrar, acts: Acts, state: State, settings: Settings, clock: Clock
    ) -> None:
        self._registrar = registrar
        self._acts = acts
        self._state = state
        self._kept_s = settings.registration_kept_s
        self._clock = clock

    async def __call__(self) -> None:
        """Raises Conflict, Unavailable."""
        await self._acts.do(self._dropping)

    def _dropping(self) -> Decision[None]:
        over = (waiting_key(request.name) for request in self._registrar.waiting.over())
        gone = (history_key(name) for name in self._registrar.histories.over(self._clock() - self._kept_s))
        stored = list(islice(chain(over, gone), WRITES_AT_ONCE))
        return Decision(None, [Write(one, None, self._state.revision_of(one)) for one in stored])
