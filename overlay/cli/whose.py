"""Which agent's home a command is about: one with a folder of its own, or one that lives in a domain's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import BadInput
from overlay.naming.ids import check_name
from overlay.settings import Settings, load_settings

Own = Annotated[
    Path | None,
    typer.Option("--agent-home", help="An agent's own folder, instead of one in a domain's folder."),
]
Whose = Annotated[str, typer.Option("--as", help="Which agent of the domain.")]


def home_of(domain: Path, name: str, own: Path | None) -> tuple[Home, Settings]:
    """The agent's home, and the settings that count there. Raises BadInput, BadName, BadSettings."""
    if bool(name) == (own is not None):
        raise BadInput("say which agent: --agent-home FOLDER, or --as NAME in a domain's folder")
    if own is not None:
        return Home(own.expanduser()), load_settings()
    folder = DomainFolder.open(domain)
    return Home(folder.agent(check_name(name))), load_settings(folder.settings)
