"""Being an agent for as long as one command takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from overlay.agent.agent import Agent
from overlay.cli.join_token import join_token
from overlay.cli.running import run
from overlay.cli.whose import home_here
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.errors import BadInput
from overlay.naming.ids import check_name
from overlay.registry.record import Profile
from overlay.settings import load_settings

T = TypeVar("T")


async def acting(
    home: Path,
    me: str,
    own: Path | None,
    token: Path | None,
    skills: tuple[str, ...] = (),
    access: Sequence[str] = (),
    profile: Profile | Path | None = None,
) -> Agent:
    """What a command says counts, whatever the agent was before. Raises BadInput, BadName, BadSettings."""
    if own is not None:
        return Agent(own, token=join_token(token), access=access, profile=profile, anew=True)
    if token is not None:
        raise BadInput("a join token makes an agent's own folder: name it with --agent-home FOLDER")
    folder = DomainFolder.open(home)
    agent_home, settings = await resident(folder, me, skills), load_settings(folder.settings)
    return Agent(agent_home, settings=settings, access=access, profile=profile, anew=True)


def as_agent(
    home: Path,
    me: str,
    work: Callable[[Agent], Awaitable[T]],
    allow: Sequence[str] | None = None,
    *,
    new: bool = False,
) -> T:
    """What `work` returns, done as an agent of the domain; `new`: it is made where it is not there. Raises
    BadName, NotFound before anything else.
    """
    check_name(me)
    if not new:
        home_here(DomainFolder.open(home), me)

    async def whole() -> T:
        async with await acting(home, me, None, None, access=allow or ()) as agent:
            return await work(agent)

    return run(whole())
