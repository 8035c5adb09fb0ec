"""`overlay agent join`: become a member of a domain, saying who one is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.agent.described import keep_file, read_file
from overlay.agent.membership import join_or_load
from overlay.ca.applications.application import Application
from overlay.cli.join_token import TokenFile, join_token
from overlay.cli.options import Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.registry.record import Profile
from overlay.settings import load_settings


def join(
    folder: Annotated[Path, typer.Argument(help="The agent's own folder; made when it is new.")],
    token: TokenFile = None,
    organisation: Annotated[str, typer.Option(help="To whom the agent belongs.")] = "",
    qualification: Annotated[str, typer.Option(help="What entitles the organisation: a licence.")] = "",
    developer: Annotated[str, typer.Option(help="Who made the agent.")] = "",
    function: Annotated[str, typer.Option(help="Its function type.")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="A permission scope. Repeatable.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill that it may offer. Repeatable.")] = None,
    description: Annotated[
        Path | None,
        typer.Option(help="What it says of itself, kept in its folder: its skills are applied for."),
    ] = None,
    wait: Annotated[
        float | None, typer.Option(help="Seconds to wait for an administrator; else join_wait_s.", min=0)
    ] = None,
    json: Json = False,
) -> None:
    """Become a member of a domain. What is not said is as the join token says. When an administrator has to
    decide, this waits; it may be ended, and started again with the same folder, without a token. A token of
    `overlay ca restore` brings the agent of that folder back.
    """
    settings = load_settings()
    said = read_file(description, settings).description.profile if description else Profile()
    application = Application(
        organisation=organisation or said.organisation,
        qualification=qualification,
        developer=developer,
        function=function,
        scopes=tuple(scope or ()),
        skills=tuple(dict.fromkeys((*(skill or ()), *(one.id for one in said.skills)))),
    )
    if wait is not None:
        settings = settings.model_copy(update={"join_wait_s": wait})
    party = run(join_or_load(folder.expanduser(), join_token(token), settings, application))
    if description is not None:
        keep_file(description, folder.expanduser())
    identity = party.credentials.identity
    if json:
        show_json({"agent": str(identity.party), "home": str(folder), "skills": list(identity.skills)})
    else:
        say(f"{identity.party} is a member; its home is {folder}")
