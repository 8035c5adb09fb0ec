"""Letting parties in to the broker and putting them out: mailboxes first, then admission."""

from __future__ import annotations

from overlay.admission.permissions import grant_for
from overlay.domain.broker_access import BrokerAccess
from overlay.naming.ids import PROVISIONER
from overlay.trust.identity import Identity, Role


class BrokerIntake:
    """The CA's `Intake` over the domain's broker."""

    def __init__(self, access: BrokerAccess) -> None:
        self._access = access

    async def take_in(self, identity: Identity) -> None:
        """Make its mailboxes and admit it. Idempotent. Raises Unavailable."""
        name = identity.party.name
        if _is_the_brokers(identity):
            return
        await self._access.provisioner.ensure(grant_for(identity.role, name).read)
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


def _is_the_brokers(identity: Identity) -> bool:
    """Its own certificate, or that of its own user: nobody lets them in."""
    return identity.role is Role.BROKER or identity.party.name == PROVISIONER
