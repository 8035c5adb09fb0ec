"""Agents of one domain in memory, whose CA and registry answer, and their channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from overlay.channels.channel import Channel
from overlay.channels.founding import Founding
from overlay.channels.groups import Groups
from overlay.channels.message import ChannelMessage
from overlay.channels.vault import Held
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Handler, Message
from overlay.endpoint.party import Party
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile
from overlay.sessions.protocol import RECORD_TOPIC
from tests.ca.ca_domain import CaDomain

LIMIT_S = 60.0


class Heard:
    """What a member was given."""

    def __init__(self) -> None:
        self.messages: list[ChannelMessage] = []
        self._more = asyncio.Event()

    async def __call__(self, message: ChannelMessage) -> None:
        self.messages.append(message)
        self._more.set()

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]

    async def until(self, count: int) -> list[str]:
        """Waits for so many."""
        async with asyncio.timeout(LIMIT_S):
            while len(self.messages) < count:
                self._more.clear()
                await self._more.wait()
        return self.texts


class Someone:
    """An agent with its channels."""

    def __init__(self, endpoint: Endpoint, groups: Groups) -> None:
        self.endpoint = endpoint
        self.groups = groups
        self.heard = Heard()

    async def found(self, name: str, founding: Founding) -> Channel:
        channel = await self.groups.create(name, founding)
        channel.handle_by(self.heard)
        return channel

    async def create(self, name: str, *invited: str, is_open: bool = False, signed: bool = False) -> Channel:
        channel = await self.groups.create(name, Founding(is_open, invited, signed=signed))
        channel.handle_by(self.heard)
        return channel

    def held(self, channel: Channel) -> Held:
        found = self.groups.vault.load(channel.id)
        assert found is not None
        return found

    async def join(self, channel: Channel) -> Channel:
        joined = await self.groups.join(channel.id, None)
        joined.handle_by(self.heard)
        return joined


class Company:
    """`member` makes an agent, `at_work` opens it."""

    def __init__(self, domain: CaDomain, folder: Path) -> None:
        self.domain = domain
        self._folder = folder

    async def member(self, name: str) -> Party:
        return await self.domain.enrol(name)

    @asynccontextmanager
    async def at_work(self, party: Party, record: Handler | None = None) -> AsyncIterator[Someone]:
        """`record` answers what is asked of a record."""
        async with self.domain.open_calm(party) as endpoint:
            registry = RegistryClient(endpoint)
            endpoint.use_directory(registry)
            groups = Groups(endpoint, registry, self._folder / party.id.name)

            async def handle(message: Message) -> bytes | None:
                mine = record if message.topic == RECORD_TOPIC and record else groups.handle
                return await mine(message)

            await endpoint.serve(handle)
            await registry.register(Profile())
            await groups.begin()
            try:
                yield Someone(endpoint, groups)
            finally:
                await groups.close()

    @asynccontextmanager
    async def three(self) -> AsyncIterator[tuple[Someone, Someone, Someone]]:
        """Three who are at work."""
        async with self.some("alice", "bob", "carol") as people:
            yield people[0], people[1], people[2]

    @asynccontextmanager
    async def some(self, *names: str) -> AsyncIterator[list[Someone]]:
        """Several."""
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(self.at_work(await self.member(name))) for name in names]
