"""Who of a channel's members is there: asked of the registry by members, which may wait for a change."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

from overlay.channels.protocol import AskPresent, Present
from overlay.channels.table import ChannelTable
from overlay.errors import NotFound, Overloaded
from overlay.naming.ids import PartyId
from overlay.registry.state import State
from overlay.settings import Settings
from overlay.trust.identity import Identity

IsThere = Callable[[PartyId], bool]


class Roll:
    """In one process of a registry. However much happens there, it looks at most once in `channel_presence_s`
    for each who waits.
    """

    def __init__(self, table: ChannelTable, state: State, is_there: IsThere, settings: Settings) -> None:
        self._table = table
        self._state = state
        self._is_there = is_there
        self._settings = settings
        self.watchers = 0
        """How many wait."""

    async def answer(self, sender: Identity, ask: AskPresent) -> Present:
        """Raises NotFound (also for who is not in the channel), Overloaded."""
        channel = PartyId.parse(ask.channel)
        found = self._present(sender.party, channel)
        wait_s = min(self._settings.registry_watch_s, ask.wait_s)  # in this order NaN is no wait for ever
        if not ask.mark or found.mark != ask.mark or wait_s <= 0:
            return found
        if self.watchers >= self._settings.channel_presence_watchers:
            raise Overloaded(f"{self.watchers} watch who is there already (channel_presence_watchers)")
        self.watchers += 1
        try:
            async with asyncio.timeout(wait_s):
                while found.mark == ask.mark:
                    await self._state.change()
                    await asyncio.sleep(self._settings.channel_presence_s)
                    found = self._present(sender.party, channel)
        except TimeoutError:
            return self._present(sender.party, channel)
        finally:
            self.watchers -= 1
        return found

    def _present(self, asker: PartyId, channel: PartyId) -> Present:
        found = self._table.get(channel).members
        if not any(member.party == str(asker) for member in found):
            raise NotFound(f"{asker} is not in {channel}")
        members = [PartyId.parse(member.party) for member in found if not member.record]
        there = {party for party in members if self._is_there(party)}
        lists = [tuple(map(str, sorted(some))) for some in (there, set(members) - there)]
        mark = hashlib.sha256("\n\n".join("\n".join(some) for some in lists).encode()).digest()
        return Present(lists[0], lists[1], mark)
