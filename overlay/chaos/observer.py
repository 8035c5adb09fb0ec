"""An observer: a member of the domain that tries again and again to read what others get."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from overlay.agent.agent import Agent
from overlay.chaos.duty import Duty
from overlay.chaos.orders import Orders
from overlay.chaos.records import Overheard, Ready, Record
from overlay.errors import OverlayError
from overlay.naming.mailboxes import Mailbox, agent_inbox
from overlay.settings import Settings
from overlay.transport.contract import Delivery, Stored


class Observer:
    """One process of an observer."""

    def __init__(
        self, agent: Agent, duty: Duty, orders: Orders, note: Callable[[Record], None], settings: Settings
    ) -> None:
        self._agent = agent
        self._me = duty.process.partition("#")[0]
        self._duty = duty
        self._orders = orders
        self._note = note
        self._pause_s = settings.chaos_observe_s

    async def work(self) -> None:
        """Until told to leave."""
        self._note(Ready(self._duty.process, time.monotonic()))
        while not self._orders.left.is_set():
            for name in self._duty.others:
                await self._spy(agent_inbox(name))
            await self._intrude()
            try:
                async with asyncio.timeout(self._pause_s):
                    await self._orders.left.wait()
            except TimeoutError:
                continue

    async def _intrude(self) -> None:
        try:
            async with asyncio.timeout(self._pause_s):
                await self._agent.join_channel(self._duty.channel, owner=self._duty.owner)
            self._overheard(f"{self._duty.channel}: it was let in")
        except (OverlayError, TimeoutError):
            pass  # as it should be

    async def _spy(self, mailbox: Mailbox) -> None:
        async def heard(_: Delivery) -> None:
            self._overheard(f"a message from {mailbox.name}")

        async def taken(_: Stored) -> None:
            self._overheard(f"a stored message from {mailbox.name}")

        transport = self._agent.endpoint.transport
        for half in ("realtime", "stored"):
            try:
                async with asyncio.timeout(self._pause_s):
                    if half == "realtime":
                        reader = await transport.read(mailbox, heard)
                    else:
                        reader = await transport.read_stored(mailbox, taken)
                    self._overheard(f"{mailbox.name} ({half}): it was let in")
                    await reader.stop()
            except (OverlayError, TimeoutError):
                continue  # as it should be

    def _overheard(self, what: str) -> None:
        self._note(Overheard(self._me, what, time.monotonic()))
