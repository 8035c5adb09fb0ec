"""Admission at RabbitMQ: a user for each party that may come in, with the permissions of its role."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

from overlay.admission.doorkeeper import InsideOf, always_direct
from overlay.admission.permissions import grant_for
from overlay.admission.rabbitmq_lapsed import Lapsed
from overlay.admission.rabbitmq_management import RabbitManagement
from overlay.admission.rabbitmq_permissions import rabbitmq_permissions
from overlay.clock import system_clock
from overlay.errors import OverlayError, Refused, Unavailable, Unreachable
from overlay.naming.ids import CA, GATEWAY, OPERATOR, PROVISIONER, REGISTRY, PartyId, is_own
from overlay.patience import comes_within
from overlay.settings import Settings
from overlay.trust.identity import NOTHING, Role, check_parts

_log = logging.getLogger(__name__)
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
        self,
        management: RabbitManagement,
        domain: str,
        settings: Settings,
        deny: Deny | None = None,
        inside: InsideOf = always_direct,
    ) -> None:
        self._inside = inside
        self._deny = deny
        self._management = management
        self._domain = domain
        self._settings = settings
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._stopped = asyncio.Event()
        self._lapsed = Lapsed(management)
        self._sweeping = asyncio.Lock()

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
        permissions = rabbitmq_permissions(grant_for(role, name, inside=self._inside()))
        check_parts(PartyId(name, self._domain), role, NOTHING, peer, ())
        if name == PROVISIONER:
            raise Refused(f"{PROVISIONER!r} is the broker's own user and is not admitted as a {role}")
        async with self._turn(name):
            await self._management.put_user(name, permissions, self._limits(name))

    async def expel(self, name: str, serial: int) -> None:
        """See `Admission.expel`. All connections of the name are closed, and none comes back before the name
        is admitted again; the one of `serial` not even then.
        """
        async with self._turn(name):
            if self._deny is not None:
                self._deny(serial)
            if (
                name == PROVISIONER
            ):  # the broker's own user stays, and its holder is back with another certificate
                await self._management.close_connections(name)
                return
            await self._management.delete_user(name)
            await self._until_none_is_open(name, serial)

    async def come_again(self, name: str, serials: Sequence[int], *, at_once: bool) -> None:
        """Nothing to do: what its queues are not bound to, nobody reads."""

    async def closed(self) -> None:
        """Returns after `stop`. Until then it closes connections whose certificate has ended, which the node
        looks at only when they begin.
        """
        while not self._stopped.is_set():
            async with self._sweeping:
                await self._close_lapsed()
            await comes_within(self._stopped, self._settings.ca_sweep_s)

    async def stop(self) -> None:
        """See `Admission.stop`: who has a user may still come in, for RabbitMQ lets them in itself."""
        self._stopped.set()
        async with self._sweeping:
            await self._management.close()

    async def _close_lapsed(self) -> None:
        if self._stopped.is_set():
            return
        try:
            closed = await self._lapsed.close(system_clock())
        except OverlayError as error:
            _log.warning("connections with certificates that ended are not closed yet: %s", error)
        else:
            if closed:
                _log.info("%d connections were closed: their certificates have ended", closed)

    def _limits(self, name: str) -> dict[str, int]:
        if is_own(name):
            return {}
        settings = self._settings
        return {
            "max-connections": settings.party_max_connections,
            "max-channels": settings.rabbitmq_party_channels,
        }

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
