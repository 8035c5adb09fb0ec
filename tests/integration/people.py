"""Agents of the domains that tests share: each with a name and a skill that no other test has."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from overlay.agent.agent import Agent
from overlay.agent.callers import Access
from overlay.agent.handlers import Handle
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.naming.ids import PartyId
from overlay.settings import Settings

LIMIT_S = 60.0
"""For every wait: long, because machines are slow; nothing asserts a duration."""
FRIENDS = tuple(f"{name}.example" for name in "abcd")
"""Whom the agents of these tests let in."""
_LOOK_AGAIN_S = 0.15
"""Within `finds_per_minute` for as long as `LIMIT_S`."""

SETTINGS = Settings(
    ask_timeout_s=LIMIT_S, connect_timeout_s=LIMIT_S, publish_timeout_s=LIMIT_S, ack_wait_s=6.0
)


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Returns when `await condition()` is true."""
    async with asyncio.timeout(LIMIT_S):
        while not await condition():
            await asyncio.sleep(_LOOK_AGAIN_S)


def fresh(what: str) -> str:
    """A name that no other test has."""
    return f"{what}-{secrets.token_hex(4)}"


@dataclass
class Person:
    """An agent, its one skill, and what it handled."""

    agent: Agent
    skill: str
    handled: Counter[bytes] = field(default_factory=Counter)
    """Bodies."""
    ids: Counter[bytes] = field(default_factory=Counter)
    """Of the same messages."""
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> PartyId:
        """`name@domain`."""
        return self.agent.id

    async def echo(self, message: Message) -> bytes:
        """Notes the body, and replies with it."""
        self.handled[message.body] += 1
        self.ids[message.id] += 1
        self.came.set()
        return message.body

    async def has(self, count: int) -> None:
        """Returns when that many messages were handled."""
        async with asyncio.timeout(LIMIT_S):
            while self.handled.total() < count:
                self.came.clear()
                await self.came.wait()

    async def sees(self, other: Person) -> bool:
        """Whether the registry of this one's domain says that the other is online."""
        return bool((await self.agent.discover(other.skill)).matches)

    async def hears_of(self, other: Person) -> None:
        """Returns when the registry of this one's domain says that the other is online."""
        await until(lambda: self.sees(other))

    async def misses(self, other: Person) -> None:
        """Returns when it says so no more."""

        async def gone() -> bool:
            return not await self.sees(other)

        await until(gone)


async def member(
    folder: DomainFolder,
    name: str,
    handle: Handle | None = None,
    topic: str = "",
    settings: Settings = SETTINGS,
    access: Access = FRIENDS,
) -> Person:
    """A member of the domain that is not there yet: enter `.agent`. It echoes unless `handle` is given, and
    lets in agents of all four domains unless `access` says otherwise.
    """
    skill = f"test.{name}"
    person = Person(Agent(await resident(folder, name, (skill,)), settings=settings, access=access), skill)
    person.agent.serves(skill)(handle or person.echo)
    if topic:
        person.agent.subscribes(topic)(person.echo)
    return person


@asynccontextmanager
async def present(
    folder: DomainFolder,
    what: str,
    handle: Handle | None = None,
    topic: str = "",
    access: Access = FRIENDS,
) -> AsyncIterator[Person]:
    """A new member of the domain that is there for the block."""
    person = await member(folder, fresh(what), handle, topic, access=access)
    async with person.agent:
        yield person
