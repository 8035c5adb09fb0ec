"""An agent's dead letters from outside of it: read in its home, and sent again by a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from overlay.agent.errand import errand
from overlay.endpoint.dead_letters import DeadLetter, DeadLetters
from overlay.endpoint.dial import Connect, dial
from overlay.endpoint.home import Home
from overlay.endpoint.logged import log_error
from overlay.endpoint.state import State
from overlay.registry.client import RegistryClient
from overlay.settings import Settings


@asynccontextmanager
async def kept_in(home: Home, settings: Settings) -> AsyncIterator[DeadLetters]:
    """Of the agent that lives in `home`, whether it runs or not. Raises Unavailable, BadSettings."""
    party = home.load(settings)
    state = State(home.state, settings, party.clock, log_error)
    try:
        yield state.dead_letters
    finally:
        await state.close()


async def letters_in(home: Home, settings: Settings) -> list[DeadLetter]:
    """The oldest first. Raises Unavailable, BadSettings."""
    if not home.state.exists():
        return []
    async with kept_in(home, settings) as letters:
        return letters.all()


async def send_again(
    home: Home,
    settings: Settings,
    message_ids: Iterable[bytes],
    deadline_s: float | None = None,
    *,
    connect: Connect = dial,
) -> list[bytes]:
    """As the agent that lives in `home`, whether it runs or not: returns what was stored. Its running process
    goes on with them, or its next. Raises NotFound, BadInput; as `Endpoint.send`.
    """
    sent = []
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(errand(home.load(settings), home, connect=connect))
        endpoint.use_directory(RegistryClient(endpoint))
        for message_id in message_ids:
            await endpoint.send_again(message_id, deadline_s=deadline_s)
            sent.append(message_id)
    return sent
