"""Handlers that tests serve with."""

from __future__ import annotations

import asyncio

from overlay.endpoint.message import Message


async def echo(message: Message) -> bytes:
    """Replies with the body."""
    return message.body


class Inbox:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._came: asyncio.Queue[Message] = asyncio.Queue()

    async def __call__(self, message: Message) -> bytes:
        self.messages.append(message)
        self._came.put_nowait(message)
        return b"taken"

    async def next(self) -> Message:
        """The next message that came."""
        async with asyncio.timeout(30.0):
            return await self._came.get()


class Gate:
    """A handler that waits until it is let through."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.handled = 0
        self.entered = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, message: Message) -> bytes:
        self.running += 1
        self.most = max(self.most, self.running)
        self.entered.set()
        try:
            await self.open.wait()
        finally:
            self.running -= 1
        self.handled += 1
        return message.body
