"""Who of a channel's members is there, and how that changes, as its members see it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple

from overlay.channels.client import ChannelsClient
from overlay.channels.membership import Membership
from overlay.channels.protocol import Present
from overlay.errors import NotFound, OverlayError
from overlay.naming.ids import PartyId
from overlay.settings import Settings

_log = logging.getLogger("overlay.channels")


class Move(StrEnum):
    """What became of a member."""

    JOINED = "joined"
    LEFT = "left"
    AWAY = "away"
    """It is a member, and not there."""
    BACK = "back"


class PresenceEvent(NamedTuple):
    """One member."""

    party: PartyId
    move: Move


class Presence:
    """Of one channel. One question waits at the registry for each iteration; nothing is asked in between."""

    def __init__(
        self,
        client: ChannelsClient,
        membership: Membership,
        changed: Callable[[], Awaitable[None]],
        is_open: Callable[[], bool],
        domain: str,
        settings: Settings,
    ) -> None:
        """`domain`: ours. `changed` returns when a channel of ours is another; `is_open`: whether we are in
        this one.
        """
        self._client = client
        self._membership = membership
        self._changed = changed
        self._is_open = is_open
        self._domain = domain
        self._settings = settings

    async def now(self) -> tuple[PartyId, ...]:
        """Who is there. Raises what asking the registry raises."""
        told = await self._present()
        return tuple(PartyId.parse(party) for party in told.parties)

    async def events(self) -> AsyncIterator[PresenceEvent]:
        """From now on, until we are out. Raises what asking the registry raises, at first only."""
        told = await self._present()
        members, there = self._members(), set(told.parties)
        while self._is_open():
            told = await self._next(told, members)
            now_in, now_there = self._members(), set(told.parties)
            for party, move in _moves(members, there, now_in, now_there, set(told.away)):
                yield PresenceEvent(PartyId.parse(party), move)
            members, there = now_in, now_there

    async def _next(self, told: Present, members: set[str]) -> Present:
        """When the registry says otherwise, or the roster is another one."""
        asking = asyncio.ensure_future(self._quiet(told, told.mark))
        changing = asyncio.ensure_future(self._other(members))
        try:
            await asyncio.wait((asking, changing), return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else await self._quiet(told, b"")
        finally:
            asking.cancel()
            changing.cancel()
            await asyncio.gather(asking, changing, return_exceptions=True)

    async def _other(self, members: set[str]) -> None:
        """Returns when its members are others, or we are out."""
        while self._is_open() and self._members() == members:
            await self._changed()

    async def _present(self, mark: bytes = b"") -> Present:
        """Our registry hears of a channel of another domain from its members here."""
        name, wait_s = self._membership.id, self._settings.registry_watch_s
        if name.domain != self._domain:
            await self._client.put(self._membership.statement)
        return await self._client.present(str(name), mark, wait_s if mark else 0.0)

    async def _quiet(self, told: Present, mark: bytes) -> Present:
        """What it says; `told` again where it cannot be asked."""
        try:
            return await self._present(mark)
        except NotFound:  # we are out, or not in yet as our registry has it
            await asyncio.sleep(self._settings.channel_presence_s)
        except OverlayError as error:
            _log.warning("who is there in %s is not known: %s", self._membership.id, error)
            await asyncio.sleep(self._settings.channel_check_s)
        return told

    def _members(self) -> set[str]:
        return {member.party for member in self._membership.roster.members if not member.record}


def _moves(
    members: set[str], there: set[str], now_in: set[str], now_there: set[str], away: set[str]
) -> list[tuple[str, Move]]:
    """Who is not there, and no member any more as the registry has it, is about to be out."""
    both = members & now_in
    return [
        *((party, Move.LEFT) for party in sorted(members - now_in)),
        *((party, Move.JOINED) for party in sorted(now_in - members)),
        *((party, Move.AWAY) for party in sorted(both & there & away)),
        *((party, Move.BACK) for party in sorted(both & (now_there - there))),
    ]
