"""The program of a worker process: one agent of a chaos run, by the library that everybody uses."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

from overlay.agent.agent import Agent
from overlay.agent.running import run_as_program
from overlay.chaos.duty import Duty, Role, duty_of
from overlay.chaos.gathering import join
from overlay.chaos.observer import Observer
from overlay.chaos.orders import Orders
from overlay.chaos.receiver import hearing, serve
from overlay.chaos.recorder import Recorder
from overlay.chaos.records import Ready
from overlay.chaos.sender import Sender
from overlay.endpoint.background import beside
from overlay.errors import Refused, Unavailable
from overlay.settings import Settings, load_settings


async def _entered(stack: AsyncExitStack, duty: Duty, note: Recorder, settings: Settings) -> Agent:
    """Whoever starts again while the broker is away tries again, as a supervisor would have it do."""
    while True:
        agent = Agent(duty.home, settings=settings, access=duty.domains)
        serve(agent, duty, note, settings)
        try:
            return await stack.enter_async_context(agent)
        except (Unavailable, Refused) as error:
            sys.stderr.write(f"{duty.process} could not enter: {error}\n")
            await asyncio.sleep(settings.chaos_again_s)


async def work(duty: Duty) -> None:
    """Until standard input ends. Raises OverlayError."""
    settings = load_settings(Path(duty.settings))
    note = Recorder(Path(duty.records) / f"{duty.process}.jsonl")
    orders = Orders(running=duty.running)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(beside(orders.listen()))
        agent = await _entered(stack, duty, note, settings)
        if duty.role is Role.SENDER:
            await Sender(agent, duty, orders, note, settings).work()
        elif duty.role is Role.OBSERVER:
            await Observer(agent, duty, orders, note, settings).work()
        else:
            await join(agent, duty, hearing(duty, note, settings), settings)
            note(Ready(duty.process, time.monotonic()))
            await orders.left.wait()


if __name__ == "__main__":
    run_as_program(work(duty_of(sys.argv[1])))
