"""What the commands about channels have in common: being an agent, and saying what was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from overlay.agent.agent import Agent
from overlay.cli.acting import acting
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.naming.ids import PartyId, check_name

T = TypeVar("T")
Me = Annotated[str, typer.Option("--as", help="Which agent of the domain to be; made when it is new.")]
Name = Annotated[str, typer.Argument(help="name@home-domain")]
Access = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Members of other domains: alice@b.example, b.example. Repeatable."),
]


def in_channel(
    channel: str, home: Path, me: str, allow: list[str] | None, work: Callable[[Agent], Awaitable[T]]
) -> T:
    """What `work` returns, done as an agent. Raises BadName before anything else."""
    PartyId.parse(channel)
    return as_agent(home, me, allow, work)


def as_agent(home: Path, me: str, allow: list[str] | None, work: Callable[[Agent], Awaitable[T]]) -> T:
    """What `work` returns, done as an agent of the domain."""
    check_name(me)

    async def whole() -> T:
        async with await acting(home, me, None, None, access=allow or ()) as agent:
            return await work(agent)

    return run(whole())


def say_done(channel: str, word: str, *, json: bool) -> None:
    """For people, or for programs."""
    if json:
        show_json({"channel": channel, "done": word})
    else:
        say(f"{channel} {word}")
