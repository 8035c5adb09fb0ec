"""A receiver: what an application does with messages is written down, each time it does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from overlay.agent.agent import Agent
from overlay.chaos.duty import ASK, TELL, Duty, letter_of
from overlay.chaos.records import Delivered, Record
from overlay.endpoint.message import Message
from overlay.settings import Settings


def serve(agent: Agent, duty: Duty, note: Callable[[Record], None], settings: Settings) -> None:
    """Before the agent is entered."""
    me = duty.process.partition("#")[0]

    @agent.serves(TELL)
    async def tell(message: Message) -> None:
        letter = letter_of(message.body)
        note(Delivered(letter.stream, letter.number, me, duty.process, time.monotonic()))
        await asyncio.sleep(settings.chaos_effect_s)  # a kill may come between the effect and its end

    @agent.serves(ASK)
    async def ask(message: Message) -> bytes:
        return message.body
