"""`overlay registry policy`: which registrations wait for an administrator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_good, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import BadSettings
from overlay.registry.approval.policy import EXAMPLE, RegistrationPolicy, parse_policy
from overlay.registry.registration.client import RegistrationClient
from overlay.text_file import read_text

app = typer.Typer(rich_markup_mode=None)
File = Annotated[
    Path, typer.Argument(help="The registration policy (docs/registry-registration.md), the whole of it.")
]


@app.command()
def show(
    example: Annotated[bool, typer.Option("--example", help="Print a policy to begin with.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Show which registrations an administrator decides."""
    if example:
        _show(EXAMPLE, "the example", json=json)
    else:
        _show(run(_kept(DomainFolder.open(home), None)), "the registry's policy", json=json)


@app.command(name="set")
def set_(
    file: File,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Set which registrations an administrator decides. All processes of the registry follow at once; entries
    that are there stay.
    """
    text = read_text(file)
    _parsed(text, str(file))
    _show(run(_kept(DomainFolder.open(home), text)), "the registry's policy", json=json)


@app.command()
def check(file: File, json: Json = False) -> None:
    """Say whether a file can be set, and what is wrong. Nothing is changed; no domain is needed."""
    found = _parsed(read_text(file), str(file))
    show_good(file, {"policy": found.model_dump(mode="json")}, json=json)


@app.command()
def clear(home: Home = HERE, json: Json = False) -> None:
    """No policy: what passes the checks counts at once."""
    _show(run(_kept(DomainFolder.open(home), "")), "the registry's policy", json=json)


async def _kept(folder: DomainFolder, text: str | None) -> str:
    async with operator(folder) as hand:
        client = RegistrationClient(hand.registry)
        return await client.policy() if text is None else await client.set_policy(text)


def _show(text: str, where: str, *, json: bool) -> None:
    found = _parsed(text, where) if text.strip() else None
    if json:
        show_json({"policy": found.model_dump(mode="json") if found else None})
    elif found is None:
        say("There is no policy: every registration that passes the checks counts at once.")
    else:
        say(text.rstrip())


def _parsed(text: str, where: str) -> RegistrationPolicy:
    try:
        return parse_policy(text)
    except BadSettings as error:
        raise BadSettings(f"{where} is wrong: {error}") from error
