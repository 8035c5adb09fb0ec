"""Members of a channel in several of the shared domains, and what each of them was given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.domain.residents import resident
from overlay.errors import NotFound, Unavailable
from overlay.naming.ids import PartyId
from tests.channels.company import Heard
from tests.integration.conftest import Federation
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, fresh, until

NUMBERS = range(8)


@dataclass(eq=False)
class Member:
    """An agent in the channel. `life` ends when it goes away."""

    home: Path
    agent: Agent
    channel: Channel
    heard: Heard
    life: AsyncExitStack

    async def says(self, word: str, numbers: Sequence[int] = NUMBERS, *, reliable: bool) -> None:
        """One after another."""
        for number in numbers:
            await self.channel.publish(f"{word} {number}", reliable=reliable)

    def got(self, word: str, sender: Member) -> list[int]:
        """What it was given of one sender, in the order in which it was."""
        parts = [one.text.split() for one in self.heard.messages if one.sender == sender.agent.id]
        return [int(number) for said, number in parts if said == word]

    async def has(self, word: str, senders: Sequence[Member], numbers: Sequence[int] = NUMBERS) -> None:
        """Returns when it has the last of each of them; then it has all, once and in order."""
        async with asyncio.timeout(LIMIT_S):
            for sender in senders:
                while sender is not self and len(self.got(word, sender)) < len(numbers):
                    await self.heard.until(len(self.heard.messages) + 1)
        for sender in senders:
            got = self.got(word, sender)
            assert sender is self or got == list(numbers), (
                f"{self.agent.id} got {word} of {sender.agent.id}: {got}"
            )


async def come(home: Path, channel: PartyId) -> Member:
    """An agent that joins as soon as its invitation is there."""
    async with AsyncExitStack() as stack:
        agent = await stack.enter_async_context(Agent(home, settings=SETTINGS, access=FRIENDS))
        heard, joined = Heard(), list[Channel]()

        async def invited() -> bool:
            try:
                joined.append(await agent.join_channel(channel, handler=heard))
            except (NotFound, Unavailable):
                return False
            return True

        await until(invited)
        return Member(home, agent, joined[0], heard, stack.pop_all())
    raise AssertionError("unreachable")


@asynccontextmanager
async def gathered(federation: Federation, where: str) -> AsyncIterator[list[Member]]:
    """The owner, in a, and a member in each of these domains; each hears each."""
    homes = [await resident(federation[name], fresh("member"), ()) for name in where]
    ours = await resident(federation["a"], fresh("owner"), ())
    async with AsyncExitStack() as stack:
        life = await stack.enter_async_context(AsyncExitStack())
        owner = await life.enter_async_context(Agent(ours, settings=SETTINGS, access=FRIENDS))
        invited = [f"{home.name}@{name}.example" for home, name in zip(homes, where, strict=True)]
        heard = Heard()
        channel = await owner.create_channel(fresh("case"), invite=invited, handler=heard)
        members = [Member(ours, owner, channel, heard, life)]
        for one in await asyncio.gather(*(come(home, channel.id) for home in homes)):
            await stack.enter_async_context(one.life)
            members.append(one)
        await asyncio.gather(*(_is_heard(member, members) for member in members))
        yield members


async def _is_heard(member: Member, others: Sequence[Member]) -> None:
    """Realtime is for whoever is reached already: again, until all are."""

    async def heard() -> bool:
        await member.says("hello", (0,), reliable=False)
        return all(other.got("hello", member) for other in others if other is not member)

    await until(heard)
