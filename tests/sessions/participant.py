"""A participant as a process of its own, to be killed: `python -m tests.sessions.participant HOME SESSION`.

Its state is the list of what others said, kept with the number up to which it counts. It answers each with an
event whose ID follows from it, so that whoever comes after it says the same again, and nothing twice.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from overlay.agent.agent import Agent
from overlay.errors import NotFound, Unavailable
from overlay.sessions.protocol import Kind
from overlay.sessions.session import Session
from tests.integration.people import FRIENDS, SETTINGS

STOP = "stop"


async def take_part(home: Path, name: str) -> list[str]:
    """Until it hears STOP."""
    settings = SETTINGS.model_copy(update={"session_answer_s": 2.0, "session_wait_s": 3.0})
    async with Agent(home, settings=settings, access=FRIENDS) as agent:
        session = await _join(agent, name)
        state, _, events = await session.resume()
        heard: list[str] = json.loads(state) if state else []
        if heard and heard[-1] == STOP:
            return heard
        async for event in events:
            if event.kind is not Kind.SAID or event.sender == agent.id:
                continue
            heard.append("(withheld)" if event.withheld else event.text)
            await session.say(f"echo {heard[-1]}", id=f"echo {event.number}")
            await session.checkpoint(json.dumps(heard))
            if heard[-1] == STOP:
                return heard
    raise AssertionError("the session ended before it was over")


async def _join(agent: Agent, name: str) -> Session:
    while True:
        try:
            return await agent.join_session(name)
        except (NotFound, Unavailable):  # the invitation is on its way
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(take_part(Path(sys.argv[1]), sys.argv[2]))))
