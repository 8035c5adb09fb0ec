"""The operator's border policy, and the agents' access policies. No I/O but the store."""

from __future__ import annotations

import msgspec

from overlay.desk import Desk
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.policy.border import decode_border
from overlay.registry.access import Access, AskAccess, AttachedCount, Border
from overlay.registry.protocol import Count, Op
from overlay.registry.registration.members import Members
from overlay.registry.storage.sqlite import RegistryStore
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing


class Borders:
    """Kept in the registry because gateways on any machine ask it anyway."""

    def __init__(self, store: RegistryStore, members: Members) -> None:
        self._store = store
        self._members = members
        self._policy = store.border()
        self._told: AttachedCount | None = None

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
        self._told = ask
        return Nothing()

    async def _border(self, _: Identity, __: Nothing) -> Border:
        return Border(self._policy)

    async def _set(self, sender: Identity, ask: Border) -> Border:
        decode_border(ask.policy)
        with self._store.change():
            self._store.put_border(ask.policy)
            self._store.audit.record(str(sender.party), "border policy", self._store.log)
        self._policy = ask.policy
        return Border(self._policy)

    async def _access(self, _: Identity, ask: AskAccess) -> Access:
        record = self._members.index.get(str(PartyId.parse(ask.party)))
        if record is None:
            raise NotFound(f"{ask.party} is not registered here")
        return Access(record.access)
