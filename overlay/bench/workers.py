"""Agents of a domain, each with a certificate and a connection of its own, that ask its registry only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from overlay.agent.membership import join
from overlay.ca.applications.join_token import parse_token
from overlay.ca.protocol import MakeToken
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.registry.client import RegistryClient
from overlay.settings import load_settings

_JOIN_AT_ONCE = 4


async def joined(folder: DomainFolder, agents: int, skill: str) -> list[Path]:
    """The homes of so many new agents, certified for this skill."""
    settings, room = load_settings(folder.settings), asyncio.Semaphore(_JOIN_AT_ONCE)

    async def one(hand: Operator, name: str) -> Path:
        async with room:
            home = Home(folder.agent(name))
            await join(home, parse_token(await hand.ca.token(MakeToken(name, (skill,)))), settings)
            return home.folder

    async with operator(folder) as hand:
        return await asyncio.gather(*(one(hand, f"worker-{number}") for number in range(agents)))


@asynccontextmanager
async def connected(homes: Sequence[Path], folder: DomainFolder) -> AsyncIterator[list[RegistryClient]]:
    """All of them, each with a connection of its own, and none registered."""
    settings = load_settings(folder.settings)
    clients = []
    async with AsyncExitStack() as stack:
        for home in homes:
            endpoint = await stack.enter_async_context(Endpoint.open(Home(home).load(settings)))
            clients.append(RegistryClient(endpoint))
            endpoint.use_directory(clients[-1])
        yield clients
