"""Telling the CA, which has the domain's hand on the broker, who reads which channel."""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakValueDictionary

from overlay.ca.protocol import Op as CaOp
from overlay.ca.protocol import Readers
from overlay.channels.table import Channel, ChannelTable
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import CA
from overlay.registry.state import State
from overlay.wire.request import encode_struct

_log = logging.getLogger("overlay.registry")


class Telling:
    """Each change is told until the CA took it, by the process of the registry that made it; any other, and
    this one after a restart, tells again what it has not told itself: the CA knows old news by its number.
    """

    def __init__(self, endpoint: Endpoint, table: ChannelTable, state: State) -> None:
        self._endpoint = endpoint
        self._table = table
        self._state = state
        self._told: dict[str, int] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def tell(self, channel: Channel, *, at_once: bool = True) -> None:
        """Returns when the broker does as the channel says now. `at_once`: who reads no more has its
        connections closed now, else after `channel_leave_s`. Raises what the CA answered, Unavailable.
        """
        name = channel.roster.channel
        turn = self._turns.setdefault(name, asyncio.Lock())
        async with turn:
            found = self._table.find(channel.roster.id) or channel
            if self._told.get(name, 0) >= found.revision:
                return
            readers = tuple(found.readers(self._table.domain))
            ask = Readers(name, self._state.log, found.revision, readers, at_once)
            limit_s = self._endpoint.settings.channel_tell_s
            await self._endpoint.ask_service(CA, CaOp.READERS, encode_struct(ask), timeout_s=limit_s)
            self._told[name] = found.revision

    async def sweep(self) -> None:
        """Tell what the CA may not know."""
        for name in [name for name in self._told if name not in {one.roster.channel for one in self._table}]:
            del self._told[name]
        for found in list(self._table):
            if self._told.get(found.roster.channel, 0) >= found.revision:
                continue
            try:
                await self.tell(found)
            except OverlayError as error:
                _log.warning("the CA does not know yet who reads %s: %s", found.roster.channel, error)
                return
