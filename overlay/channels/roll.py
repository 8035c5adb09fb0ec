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
        self._watchers = 0

    async def answer(self, sender: Identity, ask: AskPresent) -> Present:
        """Raises NotFound (also for who is not in the channel), Overloaded."""
        channel = PartyId.parse(ask.channel)
        found = self._present(sender.party, channel)
        wait_s = min(ask.wait_s, self._settings.registry_watch_s)
        if not ask.mark or found.mark != ask.mark or wait_s <= 0:
            return found
        if self._watchers >= self._settings.channel_presence_watchers:
            raise Overloaded(f"{self._watchers} watch who is there already (channel_presence_watchers)")
        self._watchers += 1
        try:
            async with asyncio.timeout(wait_s):
                while found.mark == ask.mark:
                    await self._state.change()
                    await asyncio.sleep(self._settings.channel_presence_s)
                    found = self._present(sender.party, channel)
        except TimeoutError:
            return self._present(sender.party, channel)
        finally:
            self._watchers -= 1
        return found

    def _present(self, asker: PartyId, channel: PartyId) -> Present:
        found = self._table.get(channel).members
        if not any(member.party == str(asker) for member in found):
            raise NotFound(f"{asker} is not in {channel}")
        members = [PartyId.parse(member.party) for member in found if not member.record]
        there = tuple(sorted(str(party) for party in members if self._is_there(party)))
        return Present(there, hashlib.sha256("\n".join(there).encode()).digest())
