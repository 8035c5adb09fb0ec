"""Admission at RabbitMQ: a user for each party that may come in, with the permissions of its role."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from weakref import WeakValueDictionary

from overlay.admission.permissions import grant_for
from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_permissions import rabbitmq_permissions
from overlay.errors import Refused, Unavailable, Unreachable
from overlay.naming.ids import CA, GATEWAY, OPERATOR, PROVISIONER, REGISTRY, PartyId
from overlay.settings import Settings
from overlay.trust.identity import NOTHING, Role, check_parts

_OWN = {CA: Role.SERVICE, REGISTRY: Role.SERVICE, GATEWAY: Role.GATEWAY, OPERATOR: Role.OPERATOR}


Deny = Callable[[int], None]
"""Makes the broker turn away the certificate with this serial number."""


class RabbitUsers:
    """An `Admission`. RabbitMQ itself checks that a certificate is of its domain's CA, and logs its holder in
    as the user of that name. `deny` makes it turn a serial number away from then on. Without it, at a broker
    that somebody else runs, `expel` shuts out the name, and admitting that name again lets every certificate
    of it in that has not expired.
    """

    def __init__(
        self, management: RabbitManagement, domain: str, settings: Settings, deny: Deny | None = None
    ) -> None:
        self._deny = deny
        self._management = management
        self._domain = domain
        self._settings = settings
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._stopped = asyncio.Event()

    @property
    def refusals(self) -> Counter[str]:
        """Empty: RabbitMQ refuses by itself, and says so in its log."""
        return Counter()

    async def start(self) -> None:
        """See `Admission.start`. The domain's own services, gateway and operator may come in from then on."""
        await self._management.health()
        for name, role in _OWN.items():
            await self.admit(name, role)

    async def admit(self, name: str, role: Role, peer: str = "") -> None:
        """See `Admission.admit`. Raises BadName, BadCertificate or Refused when no certificate of this domain
        gives this role to this name.
        """
        permissions = rabbitmq_permissions(grant_for(role, name))
        check_parts(PartyId(name, self._domain), role, NOTHING, peer, ())
        if name == PROVISIONER:
            raise Refused(f"{PROVISIONER!r} is the broker's own user and is not admitted as a {role}")
        async with self._turn(name):
            await self._management.put_user(name, permissions)

    async def expel(self, name: str, serial: int) -> None:
        """See `Admission.expel`. All connections of the name are closed, and none comes back before the name
        is admitted again; the one of `serial` not even then.
        """
        async with self._turn(name):
            if self._deny is not None:
                self._deny(serial)
            await self._management.delete_user(name)
            await self._until_none_is_open(name, serial)

    async def closed(self) -> None:
        """Returns after `stop`. Between calls nothing is held open that could be lost."""
        await self._stopped.wait()

    async def stop(self) -> None:
        """See `Admission.stop`: who has a user may still come in, for RabbitMQ lets them in itself."""
        self._stopped.set()
        await self._management.close()

    def _turn(self, name: str) -> asyncio.Lock:
        """One change of a name at a time, or an `admit` could give back what an `expel` takes."""
        if self._stopped.is_set():
            raise Unreachable("this admission was stopped")
        return self._turns.setdefault(name, asyncio.Lock())

    async def _until_none_is_open(self, name: str, serial: int) -> None:
        """Close, list again, close again: a connection may have been halfway in when its user was deleted.
        Two empty lists in a row end it.
        """
        wait_s = self._settings.expel_look_again_s
        empty = 0
        for _ in range(self._settings.expel_attempts):
            empty = 0 if await self._management.connections(name) else empty + 1
            if empty == 2:
                return
            await self._management.close_connections(name)
            await asyncio.sleep(wait_s)
        raise Unavailable(
            f"{name} (certificate {serial:x}) is shut out, but still has a connection open: expel it again"
        )
