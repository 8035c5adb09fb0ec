"""The ends of the overlay's side of a relay measurement: two agents, each in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from overlay.agent.agent import Agent
from overlay.bench.relay_jobs import Job
from overlay.bench.relay_pump import Send
from overlay.endpoint.message import Message

SKILL = "bench.relay"


@asynccontextmanager
async def overlay_send(job: Job) -> AsyncIterator[Send]:
    """As an application sends."""
    async with Agent(job.home) as agent:

        async def send(body: bytes) -> None:
            await agent.send(job.peer, body, skill=SKILL, reliable=job.reliable)

        yield send


@asynccontextmanager
async def overlay_take(job: Job, take: Callable[[bytes], None]) -> AsyncIterator[None]:
    """As an application serves."""
    agent = Agent(job.home, access=(job.peer,))

    @agent.serves(SKILL)
    async def handle(message: Message) -> None:
        take(message.body)

    async with agent:
        yield
