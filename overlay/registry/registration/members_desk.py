"""Our own agents, as asked over the broker by themselves, by gateways and operators, and by the CA."""

from __future__ import annotations

from overlay.desk import EVERYBODY, Desk
from overlay.errors import Refused
from overlay.naming.ids import CA
from overlay.registry.protocol import (
    Alive,
    AskDenied,
    Count,
    DeniedPage,
    Deregister,
    Expel,
    Heartbeat,
    Op,
    Recall,
    Register,
    Registered,
)
from overlay.registry.registry import Registry
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing


class MembersDesk:
    """The operations."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        self._desk = desk
        agent, service = (Role.AGENT,), (Role.SERVICE,)
        desk.on(Op.REGISTER, agent, Register, self._register)
        desk.on(Op.DEREGISTER, agent, Deregister, self._deregister)
        desk.on(Op.HEARTBEAT, EVERYBODY, Heartbeat, self._heartbeat)
        desk.on(Op.COUNT, (Role.GATEWAY, Role.OPERATOR), Nothing, self._count)
        desk.on(Op.EXPEL, service, Expel, self._expel)
        desk.on(Op.RECALL, service, Recall, self._recall)
        desk.on(Op.DENIED, EVERYBODY, AskDenied, self._denied)

    async def _register(self, sender: Identity, ask: Register) -> Registered:
        entered = await self._registry.registrar.register(sender, ask)
        if entered.record is None:
            return Registered("", 0, held=entered.held)
        broke = tuple(f"{fault.field} {fault.wrong}" for fault in entered.broke)
        return Registered(entered.record.resource_id, entered.record.version, broke=broke)

    async def _deregister(self, sender: Identity, ask: Deregister) -> Nothing:
        await self._registry.registrar.deregister(sender, ask)
        return Nothing()

    async def _heartbeat(self, sender: Identity, ask: Heartbeat) -> Alive:
        if sender.role is Role.AGENT:
            self._registry.pulses.heard_agent(str(sender.party))
        return await self._registry.members.heartbeat(sender, ask)

    async def _count(self, sender: Identity, _: Nothing) -> Count:
        self._desk.asked(sender, Op.COUNT, "")
        return self._registry.borders.counted(self._registry.members.count())

    async def _expel(self, sender: Identity, ask: Expel) -> Nothing:
        _check_ca(sender)
        await self._registry.expulsions.expel(sender, ask)
        return Nothing()

    async def _recall(self, sender: Identity, ask: Recall) -> Nothing:
        _check_ca(sender)
        await self._registry.expulsions.recall(sender, ask)
        return Nothing()

    async def _denied(self, sender: Identity, ask: AskDenied) -> DeniedPage:
        self._desk.asked(sender, Op.DENIED, str(ask.since))
        return self._registry.denials.page(self._registry.state.log, ask.log, ask.since)


def _check_ca(sender: Identity) -> None:
    if sender.party.name != CA:
        raise Refused("permission: only the CA says who is expelled, and who comes back")
