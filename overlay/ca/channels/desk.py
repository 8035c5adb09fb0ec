"""The registry's word on who reads a channel, taken and carried out at the broker."""

from __future__ import annotations

import asyncio
import logging

from overlay.ca.authority import Authority
from overlay.ca.channels.table import ReadersTable
from overlay.ca.intake import Intake
from overlay.ca.protocol import Op, Readers
from overlay.desk import Desk
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import REGISTRY, PartyId, check_name
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing

_log = logging.getLogger("overlay.ca")


class ReadersDesk:
    """Each change is carried out until it is done: what could not be done now, `sweep` tries again."""

    def __init__(self, authority: Authority, intake: Intake) -> None:
        self._authority = authority
        self._store = authority.store
        self._table: ReadersTable = authority.store.readers
        self._intake = intake
        self._working = asyncio.Lock()

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.READERS, (Role.SERVICE,), Readers, self._readers)

    async def sweep(self) -> None:
        """Do what could not be done before."""
        try:
            await self._settle(at_once=True)
        except OverlayError as error:
            _log.warning("the broker does not know yet who reads which channel: %s", error)

    async def _readers(self, sender: Identity, ask: Readers) -> Nothing:
        if sender.party != PartyId(REGISTRY, self._authority.domain):
            raise Refused(f"who reads a channel is for the registry to say, not for {sender.party}")
        channel = str(PartyId.parse(ask.channel))
        names = frozenset(check_name(name) for name in ask.names)
        if self._table.is_news(channel, ask.log, ask.revision):
            with self._store.change():
                self._table.put(channel, ask.log, ask.revision, names)
        await self._settle(at_once=ask.at_once)
        return Nothing()

    async def _settle(self, *, at_once: bool) -> None:
        """Raises Unavailable when the broker could not be told of all."""
        async with self._working:
            for name, (came, gone) in self._table.unsettled().items():
                serials = self._serials_of(name)
                if serials:  # else its mailbox is made, with all this, when it becomes an agent
                    await self._intake.change_reading(name, gone)
                if serials and gone:
                    await self._intake.come_again(name, serials, at_once=at_once)
                with self._store.change():
                    self._table.settle(name, came, gone)

    def _serials_of(self, name: str) -> list[int]:
        held = self._store.unexpired_of(name, self._authority.clock())
        return [item.identity.serial for item in held if item.identity.role is Role.AGENT]
