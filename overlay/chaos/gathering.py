"""The channel of a chaos run: all receivers and senders are in it, and a guest who is put out halfway."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.channels.message import ChannelMessage
from overlay.chaos.duty import Duty
from overlay.errors import OverlayError
from overlay.settings import Settings

Heard = Callable[[ChannelMessage], Awaitable[None]]
_AGAIN_S = 0.25


async def join(agent: Agent, duty: Duty, heard: Heard, settings: Settings) -> Channel:
    """Returns when we are in it: who owns it may have to be there first, and its invitation to come."""
    while True:
        with suppress(OverlayError, TimeoutError):
            async with asyncio.timeout(settings.chaos_ask_s):
                return await agent.join_channel(duty.channel, owner=duty.owner, handler=heard)
        await asyncio.sleep(_AGAIN_S)


async def gather(agent: Agent, duty: Duty, settings: Settings) -> Channel:
    """As a sender: the owner makes it; returns when all members are in it, as far as we know."""
    if not (duty.running or str(agent.id) != duty.owner):
        name = duty.channel.partition("@")[0]
        channel = await agent.create_channel(name, invite=duty.members, handler=_nothing)
    else:
        channel = await join(agent, duty, _nothing, settings)
    while not duty.running and {one.party for one in channel.members} < set(duty.members):
        await asyncio.sleep(_AGAIN_S)
    return channel


async def _nothing(_: ChannelMessage) -> None:
    """A sender is a member, and does nothing with what it reads."""
