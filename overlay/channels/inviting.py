"""Telling those whom an owner invites that they may come in, as soon as they can be told."""

from __future__ import annotations

import asyncio
import logging

from overlay.backoff import Backoff
from overlay.channels.charter import May
from overlay.channels.roster import known_roster
from overlay.channels.talk import TOPIC, Invite, encode_talk
from overlay.channels.vault import Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId

_log = logging.getLogger("overlay.channels")


class Inviting:
    """Of one process of the owner. Who is invited may not be there yet, or its domain may not have told us of
    it: it is tried again until it is told, or is in, or is invited no more.
    """

    def __init__(self, endpoint: Endpoint, vault: Vault) -> None:
        self._endpoint = endpoint
        self._vault = vault
        self._room = asyncio.Semaphore(16)
        self._first: set[asyncio.Task[None]] = set()
        self._again: dict[tuple[PartyId, str], asyncio.Task[None]] = {}

    def tell(self, channel: PartyId, invited: str) -> None:
        """An agent; a whole domain is not told."""
        if "@" in invited:
            task = asyncio.create_task(self._tell(channel, invited), name=f"invite {invited}")
            self._first.add(task)
            task.add_done_callback(self._first.discard)

    def tell_all(self, channel: PartyId) -> None:
        """After a restart: who may not have been told. Raises BadSettings, BadInput."""
        held = self._vault.load(channel)
        for invited in held.invited if held else ():
            self.tell(channel, invited)

    async def close(self) -> None:
        """What is on its way goes first, for a while."""
        if self._first:
            await asyncio.wait(self._first, timeout=self._endpoint.settings.drain_timeout_s)
        tasks = [*self._first, *self._again.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, channel: PartyId, invited: str) -> None:
        key = channel, invited
        if key not in self._again and not await self._told(channel, invited):
            task = asyncio.create_task(self._until_told(channel, invited), name=f"invite {invited} again")
            self._again[key] = task
            task.add_done_callback(lambda _: self._again.pop(key, None))

    async def _until_told(self, channel: PartyId, invited: str) -> None:
        settings = self._endpoint.settings
        backoff = Backoff(min(settings.redelivery_wait_s, settings.channel_check_s), settings.channel_check_s)
        while True:
            await backoff.wait()
            if await self._told(channel, invited):
                return

    async def _told(self, channel: PartyId, invited: str) -> bool:
        held, party = self._vault.load(channel), PartyId.parse(invited)
        if held is None or held.invited.get(invited, May.NOTHING) is May.NOTHING:
            return True
        if known_roster(held.roster).member(party) is not None:
            return True
        try:
            async with self._room:
                await self._endpoint.send(party, encode_talk(Invite(held.roster)), topic=TOPIC, reliable=True)
        except OverlayError as error:
            _log.info("%s does not know yet that it may join %s: %s", invited, channel, error)
            return False
        return True
