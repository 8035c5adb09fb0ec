"""The operator's border policy, and the agents' access policies."""

from __future__ import annotations

import msgspec

from overlay.desk import Desk
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.policy.border import decode_border
from overlay.registry.access import Access, AskAccess, AttachedCount, Border
from overlay.registry.acts import Acts, Decision
from overlay.registry.protocol import Count, Op
from overlay.registry.registration.members import Members
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Note, Write
from overlay.registry.storage.keys import ATTACHED, BORDER, key
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing, decode_struct, encode_struct


class Borders:
    """Kept in the registry because gateways on any machine ask it anyway."""

    def __init__(self, acts: Acts, state: State, members: Members) -> None:
        self._acts = acts
        self._state = state
        self._members = members
        self._policy = b""
        self._told: AttachedCount | None = None
        state.on(BORDER, self._take_policy)
        state.on(ATTACHED, self._take_count)

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        gateway, operator = (Role.GATEWAY,), (Role.OPERATOR,)
        desk.on(Op.BORDER, gateway + operator, Nothing, self._border)
        desk.on(Op.BORDER_SET, operator, Border, self._set)
        desk.on(Op.ATTACHED, gateway, AttachedCount, self._attached)
        desk.on(Op.ACCESS, gateway + operator, AskAccess, self._access)

    def counted(self, count: Count) -> Count:
        """With what the gateway said."""
        if self._told is None:
            return count
        return msgspec.structs.replace(count, attached=self._told.attached, refused=self._told.refused)

    async def _attached(self, _: Identity, ask: AttachedCount) -> Nothing:
        def decide() -> Decision[None]:
            return Decision(None, () if ask == self._told else (Write(key(ATTACHED), encode_struct(ask)),))

        await self._acts.do(decide)
        return Nothing()

    async def _border(self, _: Identity, __: Nothing) -> Border:
        return Border(self._policy)

    async def _set(self, sender: Identity, ask: Border) -> Border:
        decode_border(ask.policy)
        note = Note(str(sender.party), "border policy", self._state.log)
        await self._acts.do(lambda: Decision(None, (Write(key(BORDER), ask.policy),), (note,)))
        return ask

    async def _access(self, _: Identity, ask: AskAccess) -> Access:
        record = self._members.book.get(str(PartyId.parse(ask.party)))
        if record is None:
            raise NotFound(f"{ask.party} is not registered here")
        return Access(record.access)

    def _take_policy(self, entry: Entry) -> None:
        self._policy = entry.value or b""

    def _take_count(self, entry: Entry) -> None:
        self._told = None if entry.value is None else decode_struct(entry.value, AttachedCount)
