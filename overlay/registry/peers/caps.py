"""The operator's caps, kept for gateways and for the registry's own counting of questions (GW-15)."""

from __future__ import annotations

from collections.abc import Callable

from overlay.desk import Desk
from overlay.quality.caps import CapsPolicy, decode_caps
from overlay.registry.acts import Acts, Decision
from overlay.registry.caps_protocol import Caps, SetCaps
from overlay.registry.protocol import Op
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Note, Write
from overlay.registry.storage.keys import CAPS, key
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing


class KeptCaps:
    """`on_change` is told each policy that comes into force."""

    def __init__(
        self, acts: Acts, state: State, settings: Settings, on_change: Callable[[CapsPolicy], None]
    ) -> None:
        self._acts = acts
        self._state = state
        self._settings = settings
        self._on_change = on_change
        self._policy = b""
        state.on(CAPS, self._take)

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.CAPS, (Role.GATEWAY, Role.OPERATOR), Nothing, self._caps)
        desk.on(Op.CAPS_SET, (Role.OPERATOR,), SetCaps, self._set)

    async def _caps(self, _: Identity, __: Nothing) -> Caps:
        settings = self._settings
        usual = {
            "finds_per_minute": settings.finds_per_minute,
            "finds_per_minute_organisation": settings.finds_per_minute_organisation,
            "resolves_per_minute": settings.resolves_per_minute,
            "registrations_per_minute": settings.registrations_per_minute,
        }
        return Caps(self._policy, usual)

    async def _set(self, sender: Identity, ask: SetCaps) -> Nothing:
        decode_caps(ask.policy)
        note = Note(str(sender.party), "caps", self._state.log)
        await self._acts.do(lambda: Decision(None, (Write(key(CAPS), ask.policy),), (note,)))
        return Nothing()

    def _take(self, entry: Entry) -> None:
        self._policy = entry.value or b""
        self._on_change(decode_caps(self._policy))
