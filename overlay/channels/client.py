"""Asking our registry about channels: agents, operators and gateways do."""

from __future__ import annotations

from overlay.channels.protocol import (
    AskChannel,
    AskChannels,
    AskPresent,
    AskRoutes,
    ChannelLine,
    Channels,
    ChannelTold,
    LeaveChannel,
    Present,
    PutRoster,
    RosterTaken,
    Routes,
)
from overlay.registry.client import RegistryClient
from overlay.registry.protocol import Op
from overlay.wire.request import Nothing


class ChannelsClient:
    """Every method raises what `RegistryClient.ask` raises."""

    def __init__(self, registry: RegistryClient) -> None:
        self._registry = registry

    async def put(self, roster: bytes) -> RosterTaken:
        """Tell a channel's roster; what counts now."""
        return await self._registry.ask(Op.CHANNEL_PUT, PutRoster(roster), RosterTaken)

    async def leave(self, channel: str) -> None:
        """Read it no more."""
        await self._registry.ask(Op.CHANNEL_LEAVE, LeaveChannel(channel), Nothing)

    async def show(self, channel: str) -> ChannelTold:
        """A channel in which our domain has members."""
        return await self._registry.ask(Op.CHANNEL_SHOW, AskChannel(channel), ChannelTold)

    async def all(self, party: str = "") -> list[ChannelLine]:
        """The asker's channels; an operator's: of a party, or all."""
        found: list[ChannelLine] = []
        more = True
        while more:
            ask = AskChannels(party, found[-1].channel if found else "")
            page = await self._registry.ask(Op.CHANNEL_LIST, ask, Channels)
            found += page.channels
            more = page.more
        return found

    async def present(self, channel: str, mark: bytes = b"", wait_s: float = 0.0) -> Present:
        """Member: who is there now; with `mark`, waits up to `wait_s` for another answer than that one."""
        ask = AskPresent(channel, mark, wait_s)
        limit_s = self._registry.usual_s + wait_s if wait_s else None
        return await self._registry.ask(Op.CHANNEL_PRESENT, ask, Present, limit_s)

    async def routes(self, log: str = "", since: int = 0, wait_s: float = 0.0) -> Routes:
        """Gateway: where members are, of channels that changed; waits up to `wait_s` for one that does."""
        ask = AskRoutes(log, since, wait_s)
        return await self._registry.ask(Op.CHANNEL_ROUTES, ask, Routes, self._registry.usual_s + wait_s)
