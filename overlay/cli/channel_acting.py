"""What the commands about channels have in common: being an agent, and saying what was done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from overlay.agent.agent import Agent
from overlay.cli.acting import as_agent
from overlay.cli.printing import say, show_json
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.errors import BadName
from overlay.naming.ids import PartyId, check_name

T = TypeVar("T")


def in_channel(
    channel: str,
    home: Path,
    me: str,
    allow: list[str] | None,
    work: Callable[[Agent, PartyId], Awaitable[T]],
    *,
    new: bool = False,
) -> T:
    """What `work` returns, done as an agent. Raises BadName, NotFound before anything else."""
    found = named(channel, home, "channel")
    return as_agent(home, me, lambda agent: work(agent, found), allow, new=new)


def named(text: str, home: Path, what: str) -> PartyId:
    """A channel or session: `name@domain`, or the name of one of this domain. Raises BadName."""
    try:
        if "@" in text:
            return PartyId.parse(text)
        check_name(text)
    except BadName as error:
        raise BadName(
            f"{text!r} names no {what}: write name@domain, or the name of one of this domain"
        ) from error
    return PartyId.of(text, load_config(DomainFolder.open(home).config).domain)


def say_done(channel: str, word: str, *, json: bool) -> None:
    """For people, or for programs."""
    if json:
        show_json({"channel": channel, "done": word})
    else:
        say(f"{channel} {word}")
