"""Letting parties in to the broker and putting them out: mailboxes first, then admission."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from weakref import WeakValueDictionary

from overlay.admission.doorkeeper import ChannelsOf
from overlay.admission.permissions import grant_for
from overlay.domain.broker_access import BrokerAccess
from overlay.naming.ids import PROVISIONER, PartyId
from overlay.naming.mailboxes import agent_inbox
from overlay.trust.identity import Identity, Role


class BrokerIntake:
    """The CA's `Intake` over the domain's broker."""

    def __init__(self, access: BrokerAccess, channels_of: ChannelsOf) -> None:
        self._access = access
        self._channels_of = channels_of
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take_in(self, identity: Identity) -> None:
        """Make its mailboxes and admit it. Idempotent. Raises Unavailable."""
        name = identity.party.name
        if _is_the_brokers(identity):
            return
        async with self._turn(name):
            channels = self._channels_of(name) if identity.role is Role.AGENT else ()
            await self._access.provisioner.ensure(grant_for(identity.role, name, channels).read)
        await self._access.admission.admit(name, identity.role, identity.peer)

    async def put_out(self, identity: Identity) -> None:
        """Deny this certificate and end its connections. A newcomer's mailboxes go too; those of an agent
        stay, since its name may be certified again. Idempotent. Raises Unavailable.
        """
        name = identity.party.name
        if identity.role is Role.BROKER:
            return  # it logs in nowhere
        await self._access.admission.expel(name, identity.serial)
        if identity.role is Role.JOIN:
            await self._access.provisioner.remove(grant_for(identity.role, name).read)

    async def change_reading(self, name: str, gone: Sequence[PartyId]) -> None:
        """See `Intake.change_reading`."""
        async with self._turn(name):
            reads = self._channels_of(name)
            before = agent_inbox(name, {*reads, *gone})
            await self._access.provisioner.change(before, agent_inbox(name, reads))

    async def come_again(self, name: str, serials: Sequence[int], *, at_once: bool) -> None:
        """See `Admission.come_again`. Raises Unavailable."""
        await self._access.admission.come_again(name, serials, at_once=at_once)

    def _turn(self, name: str) -> asyncio.Lock:
        """One change of a mailbox at a time: the last one must be of what is known last."""
        return self._turns.setdefault(name, asyncio.Lock())


def _is_the_brokers(identity: Identity) -> bool:
    """Its own certificate, or that of its own user: nobody lets them in."""
    return identity.role is Role.BROKER or identity.party.name == PROVISIONER
