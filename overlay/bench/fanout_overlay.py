"""The overlay's side of a fan-out measurement: a channel, as applications use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from overlay.agent.agent import Agent
from overlay.bench.fanout_jobs import FanoutJob, Take
from overlay.channels.channel import Channel, Handle
from overlay.channels.message import ChannelMessage
from overlay.errors import Failed, TimedOut, Unavailable
from overlay.naming.ids import PartyId

_AT_ONCE = 2
_TRIES = 10


class ChannelSource:
    """The channel's owner, who publishes."""

    def __init__(self, agent: Agent, job: FanoutJob) -> None:
        self._agent = agent
        self._job = job
        self._channel: Channel | None = None

    async def begin(self, name: str) -> None:
        """See `Source`."""
        self._channel = await self._agent.create_channel(name, is_open=True, signed=self._job.signed)

    async def send(self, body: bytes) -> None:
        """See `Source`."""
        if self._channel is None:
            raise Failed("nothing has begun")
        await self._channel.publish(body, reliable=self._job.reliable)

    async def end(self) -> None:
        """See `Source`."""
        if self._channel is not None:
            await self._channel.release()


class ChannelMembers:
    """Agents, each with a connection of its own."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self._agents = agents

    async def join(self, name: str, takes: Sequence[Take]) -> None:
        """See `Members`."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(agent: Agent, take: Take) -> None:
            async def handle(message: ChannelMessage) -> None:
                take(message.body)

            async with room:
                await _joined(agent, PartyId.of(name, agent.id.domain), handle)

        await asyncio.gather(*(one(*pair) for pair in zip(self._agents, takes, strict=False)))

    async def leave(self) -> None:
        """See `Members`: the channel is released."""


async def _joined(agent: Agent, channel: PartyId, handle: Handle) -> None:
    """Its owner lets in one after the other; where many wait, some have to ask again."""
    for left in reversed(range(_TRIES)):
        try:
            await agent.join_channel(channel, handler=handle)
        except (TimedOut, Unavailable):
            if not left:
                raise
        else:
            return


@asynccontextmanager
async def overlay_source(job: FanoutJob) -> AsyncIterator[ChannelSource]:
    """Ready."""
    async with Agent(job.homes[0]) as agent:
        yield ChannelSource(agent, job)


@asynccontextmanager
async def overlay_members(job: FanoutJob) -> AsyncIterator[ChannelMembers]:
    """Ready, and in no channel."""
    async with AsyncExitStack() as stack:
        yield ChannelMembers([await stack.enter_async_context(Agent(home)) for home in job.homes])
