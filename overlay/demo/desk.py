"""One agent at work: writes and reads letters, knows its colleagues by skill, counts both ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from overlay.demo.letters import pack, read_body, unpack
from overlay.demo.story import Story
from overlay.demo.tally import Tally
from overlay.demo.wire import Handle, Wire
from overlay.errors import Unreachable

Q = TypeVar("Q", bound=msgspec.Struct)
A = TypeVar("A", bound=msgspec.Struct)


class Desk:
    """The connection of the agent `name`. Asking raises what `Wire` does."""

    def __init__(self, name: str, wire: Wire, tally: Tally, story: Story, ask_s: float) -> None:
        self.name = name
        self._wire = wire
        self._tally = tally
        self._story = story
        self._ask_s = ask_s
        self._numbers = 0
        self._colleagues: dict[str, str] = {}

    def says(self, ticket: str, text: str) -> None:
        """One step, for whoever watches."""
        self._story.step(ticket, self.name, text)

    def serves(
        self, skill: str, question: type[Q], handle: Callable[[str, Q], Awaitable[msgspec.Struct | None]]
    ) -> None:
        """Answer questions of this type: `handle(ticket, question)`."""
        self._wire.serves(skill, self._counted(question, handle))

    def subscribes(self, topic: str, news: type[Q], handle: Callable[[str, Q], Awaitable[None]]) -> None:
        """Take what is published."""
        self._wire.subscribes(topic, self._counted(news, handle))

    async def ask(
        self,
        skill: str,
        ticket: str,
        question: msgspec.Struct,
        answer: type[A],
        *,
        reliable: bool = False,
        timeout_s: float = 0.0,
    ) -> A:
        """Ask whoever has the skill."""
        to = await self._colleague(skill)
        number = self._number()
        self._tally.sent(number, self.name)
        body = pack(number, ticket, question)
        try:
            data = await self._wire.ask(
                to, skill, body, timeout_s=timeout_s or self._ask_s, reliable=reliable
            )
        except Unreachable:
            self._colleagues.pop(skill, None)
            raise
        reply = unpack(data)
        self._tally.received(reply.number, self.name)
        return read_body(reply, answer)

    async def tell(self, skill: str, ticket: str, news: msgspec.Struct) -> None:
        """Send what must not be lost to whoever has the skill; returns when it was handled."""
        to = await self._colleague(skill)
        number = self._number()
        self._tally.sent(number, self.name)
        await self._wire.send(to, skill, pack(number, ticket, news), timeout_s=self._ask_s)

    async def publish(self, topic: str, ticket: str, news: msgspec.Struct) -> None:
        """Send to all that subscribe."""
        number = self._number()
        copies = await self._wire.publish(topic, pack(number, ticket, news))
        self._tally.sent(number, self.name, copies)

    def _counted(
        self, question: type[Q], handle: Callable[[str, Q], Awaitable[msgspec.Struct | None]]
    ) -> Handle:
        async def counted(data: bytes) -> bytes:
            letter = unpack(data)
            self._tally.received(letter.number, self.name)
            answer = await handle(letter.ticket, read_body(letter, question))
            if answer is None:
                return b""
            number = self._number()
            self._tally.sent(number, self.name)
            return pack(number, letter.ticket, answer)

        return counted

    async def _colleague(self, skill: str) -> str:
        if skill not in self._colleagues:
            self._colleagues[skill] = await self._wire.find(skill)
        return self._colleagues[skill]

    def _number(self) -> str:
        self._numbers += 1
        return f"{self.name}-{self._numbers}"


async def at_once(asked: list[Coroutine[Any, Any, A]]) -> list[A]:
    """All answers, in order. The first error ends the rest, and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in asked]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]
