"""A receiver: what an application does with messages is written down, each time it does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from overlay.agent.agent import Agent
from overlay.channels.message import ChannelMessage
from overlay.chaos.duty import ASK, TELL, Duty, letter_of
from overlay.chaos.records import Delivered, Record
from overlay.endpoint.message import Message
from overlay.settings import Settings

Note = Callable[[Record], None]


def hearing(
    duty: Duty, note: Note, settings: Settings
) -> Callable[[ChannelMessage | Message], Awaitable[None]]:
    """What a receiver does with a message."""
    me = duty.process.partition("#")[0]

    async def heard(message: ChannelMessage | Message) -> None:
        letter = letter_of(message.body)
        note(Delivered(letter.stream, letter.number, me, duty.process, time.monotonic()))
        await asyncio.sleep(settings.chaos_effect_s)  # a kill may come between the effect and its end

    return heard


def serve(agent: Agent, duty: Duty, note: Note, settings: Settings) -> None:
    """Before the agent is entered."""
    heard = hearing(duty, note, settings)

    @agent.serves(TELL)
    async def tell(message: Message) -> None:
        await heard(message)

    @agent.serves(ASK)
    async def ask(message: Message) -> bytes:
        return message.body
