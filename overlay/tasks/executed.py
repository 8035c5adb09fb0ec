"""Which function of the application does tasks of which skill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from overlay.endpoint.message import Message
from overlay.errors import Unavailable
from overlay.naming.ids import check_skill
from overlay.tasks.run import Execute

Door = Callable[[str, Message], Awaitable[bytes]]
"""Handles an operation on a task of a skill."""


class Executed:
    """The functions that an agent registered."""

    def __init__(self) -> None:
        self._functions: dict[str, Execute] = {}
        self.door: Door | None = None
        """There while the agent is in its block."""

    def add(self, skill: str, execute: Execute) -> Callable[[Message], Awaitable[bytes]]:
        """The handler of messages about the skill's tasks. Raises BadName."""
        self._functions[check_skill(skill)] = execute

        async def handle(message: Message) -> bytes:
            if self.door is None:
                raise Unavailable("this agent is not there yet: ask again")
            return await self.door(skill, message)

        return handle

    def get(self, skill: str) -> Execute | None:
        """None: it does none of this skill."""
        return self._functions.get(skill)
