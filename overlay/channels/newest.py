"""Before something is published: have the secret of the newest roster of which we know."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from weakref import WeakValueDictionary

from overlay.channels.active import Active
from overlay.channels.channel import Channel
from overlay.channels.protocol import ChannelLine
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError, Unavailable
from overlay.naming.ids import PartyId

_log = logging.getLogger("overlay.channels")
AskOwner = Callable[[Channel], Awaitable[None]]
CatchUp = Callable[[PartyId], Awaitable[object]]


async def _nothing(_: PartyId) -> None:
    """Until it is said how."""


class Newest:
    """Of one process. Who came in while it was away has no older secret, and could not read what is sealed
    with one.
    """

    def __init__(self, endpoint: Endpoint, active: Active, ask_owner: AskOwner) -> None:
        """`ask_owner`: go on with what the owner says now."""
        self._endpoint = endpoint
        self._active = active
        self._ask_owner = ask_owner
        self.catch_up: CatchUp = _nothing
        """For who may change the channel itself: go on with what counts at its home."""
        self._versions: dict[PartyId, int] = {}
        self._unsure: set[PartyId] = set()
        self._turns: WeakValueDictionary[PartyId, asyncio.Lock] = WeakValueDictionary()

    def told(self, lines: Iterable[ChannelLine]) -> None:
        """All that our registry knows of our channels."""
        self._versions = {PartyId.parse(line.channel): line.version for line in lines}

    def been_away(self, name: PartyId) -> None:
        """Of a channel of another domain our registry is told only when members of ours come or go: its owner
        is asked once.
        """
        if name.domain != self._endpoint.me.domain:
            self._unsure.add(name)

    async def reach(self, channel: Channel) -> None:
        """Returns at once in most cases. Raises Unavailable when the owner would have to tell us more, and
        does not; BadSettings, BadInput.
        """
        await self._active.refresh(channel.id)
        if not self._may_lack(channel):
            return
        async with self._turns.setdefault(channel.id, asyncio.Lock()):
            if self._may_lack(channel):
                await self._learn(channel)

    def _may_lack(self, channel: Channel) -> bool:
        return channel.id in self._unsure or self._is_behind(channel)

    def _is_behind(self, channel: Channel) -> bool:
        if channel.reading.closed or channel.membership.roster.authorities == (self._endpoint.me,):
            return False
        return channel.membership.roster.version < self._versions.get(channel.id, 0)

    async def _learn(self, channel: Channel) -> None:
        """The owner may be away, and what it told us lie in our mailbox."""
        if self._endpoint.me in channel.membership.roster.authorities:
            await self.catch_up(channel.id)
            self._unsure.discard(channel.id)
            return
        wait_s = self._endpoint.settings.channel_key_wait_s
        tasks = [asyncio.create_task(way(channel)) for way in (self._answer, self._turn)]
        try:
            done, _ = await asyncio.wait(tasks, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._unsure.discard(channel.id)
        if self._is_behind(channel):
            raise Unavailable(
                f"not published: others came in to {channel.id} or went, and neither its owner "
                f"{channel.owner} nor a deputy gave us the new key within {wait_s:g} s: one of them has to "
                "be there (overlay channel listen)"
            )

    async def _answer(self, channel: Channel) -> None:
        try:
            await self._ask_owner(channel)
        except OverlayError as error:
            _log.info("%s did not say what %s is now: %s", channel.owner, channel.id, error)
        while self._is_behind(channel):
            await self._active.changed()

    async def _turn(self, channel: Channel) -> None:
        await self._active.changed()
        while self._is_behind(channel):
            await self._active.changed()
