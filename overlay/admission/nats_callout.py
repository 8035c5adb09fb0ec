"""Admission on NATS for the CA's process: a door, and the hand that closes connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from overlay.admission.doorkeeper import Doorkeeper
from overlay.admission.nats_answers import user_name
from overlay.admission.nats_connections import NatsConnections, Opened
from overlay.admission.nats_door import NatsDoor
from overlay.admission.permissions import grant_for
from overlay.brokers.nats_config import SYS_USER
from overlay.brokers.nats_secrets import NatsSecrets
from overlay.errors import Refused, Unavailable
from overlay.naming.ids import link_name
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.contract import OnError
from overlay.transport.nats_hand import NatsHand, NatsLogin
from overlay.trust.identity import Role

TOO_MANY = "connection-limit"


class NatsCallout:
    """An `Admission`. It also closes what another door let in before that door could know better: the server
    tells of each new connection, whoever admitted it.
    """

    def __init__(
        self,
        address: BrokerAddress,
        tls: TlsFiles,
        secrets: NatsSecrets,
        doorkeeper: Doorkeeper,
        settings: Settings,
        *,
        on_error: OnError,
    ) -> None:
        """`tls` holds any certificate of the domain: the server asks for one before it asks for passwords."""
        self._doorkeeper = doorkeeper
        self._settings = settings
        self._on_error = on_error
        self._closing: set[asyncio.Task[None]] = set()
        self._door = NatsDoor(address, tls, secrets.callout, doorkeeper, settings, on_error=on_error)
        self._connections = NatsConnections(settings, doorkeeper.denies)
        self._sys = NatsHand(
            address,
            lambda: client_tls(tls),
            settings,
            login=NatsLogin(SYS_USER, secrets.sys_password),
            prepare=self._connections.watch,
            on_error=on_error,
        )

    @property
    def admitted(self) -> int:
        """How many this door let in."""
        return self._door.admitted

    @property
    def refusals(self) -> Counter[str]:
        """How many were refused, by reason; `connection-limit`: closed again, for having too many."""
        closed = Counter({TOO_MANY: self._connections.too_many} if self._connections.too_many else {})
        return self._door.refusals + closed

    async def start(self) -> None:
        """See `Door.start`."""
        try:
            await self._sys.open()  # first: whoever is let in must be within reach of an expulsion
            await self._door.start()
        except BaseException:
            await self.stop()
            raise

    async def admit(self, name: str, role: Role, peer: str = "") -> None:
        """Nothing to prepare: the certificate says it all. Raises BadName, Refused for what cannot log in."""
        if peer and name != link_name(peer):
            raise Refused(f"the gateway of {peer} is called {link_name(peer)} here, not {name}")
        grant_for(role, name)

    async def expel(self, name: str, serial: int) -> None:
        """See `Admission.expel`."""
        trust = self._doorkeeper.trust
        trust.deny(trust.own, serial)
        await self._connections.close_all(user_name(name, serial))

    async def come_again(self, name: str, serials: Sequence[int], *, at_once: bool) -> None:
        """See `Admission.come_again`."""
        opened = [
            one for serial in serials for one in await self._connections.opened(user_name(name, serial))
        ]
        if at_once:
            await self._connections.close_these(opened)
            return
        task = asyncio.create_task(self._close_later(opened), name=f"close connections of {name}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close_later(self, opened: Sequence[Opened]) -> None:
        await asyncio.sleep(self._settings.channel_leave_s)
        try:
            await self._connections.close_these(opened)
        except Unavailable as error:
            self._on_error("closing older connections of who left a channel", error)

    async def closed(self) -> None:
        """See `Door.closed`."""
        ends = [asyncio.create_task(end) for end in (self._door.closed(), self._sys.ended())]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in done:
                end.result()
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def stop(self) -> None:
        """See `Door.stop`."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._door.stop()
        await self._sys.close()
