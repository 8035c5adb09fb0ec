"""Which agent's home a command is about: one with a folder of its own, or one that lives in a domain's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import BadInput, NotFound
from overlay.naming.ids import SESSIONS, check_name
from overlay.settings import Settings, load_settings

Own = Annotated[
    Path | None,
    typer.Option("--agent-home", help="An agent's own folder, instead of one in a domain's folder."),
]
Whose = Annotated[str, typer.Option("--as", help="Which agent of the domain.")]

_NAMED = 10


def home_of(domain: Path, name: str, own: Path | None) -> tuple[Home, Settings]:
    """The agent's home, and the settings there. Raises BadInput, BadName, BadSettings, NotFound."""
    if bool(name) == (own is not None):
        raise BadInput("say which agent: --agent-home FOLDER, or --as NAME in a domain's folder")
    if own is not None:
        return Home(own.expanduser()), load_settings()
    folder = DomainFolder.open(domain)
    return home_here(folder, name), load_settings(folder.settings)


def home_here(folder: DomainFolder, name: str) -> Home:
    """The home of an agent that is there. Raises BadName, NotFound."""
    home = Home(folder.agent(check_name(name)))
    if home.exists():
        return home
    there = [
        one.name for one in sorted(folder.agents.glob("*")) if Home(one).exists() and one.name != SESSIONS
    ]
    more = ", …" if len(there) > _NAMED else ""
    raise NotFound(f"no agent {name!r} here: there are {', '.join(there[:_NAMED]) or 'none yet'}{more}")
