"""What the commands about channels have in common: being an agent, and saying what was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from overlay.agent.agent import Agent
from overlay.cli.acting import as_agent
from overlay.cli.printing import say, show_json
from overlay.naming.ids import PartyId

T = TypeVar("T")


def in_channel(
    channel: str, home: Path, me: str, allow: list[str] | None, work: Callable[[Agent], Awaitable[T]]
) -> T:
    """What `work` returns, done as an agent. Raises BadName before anything else."""
    PartyId.parse(channel)
    return as_agent(home, me, work, allow)


def say_done(channel: str, word: str, *, json: bool) -> None:
    """For people, or for programs."""
    if json:
        show_json({"channel": channel, "done": word})
    else:
        say(f"{channel} {word}")
