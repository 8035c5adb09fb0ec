"""`overlay registry policy`: which registrations wait for an administrator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.files import read_text
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import BadInput, BadSettings
from overlay.registry.registration.approval import EXAMPLE, RegistrationPolicy, parse_policy
from overlay.registry.registration.client import RegistrationClient


def policy(
    file: Annotated[
        Path | None,
        typer.Option("--set", help="From now on this policy counts (TOML); - reads standard input."),
    ] = None,
    check: Annotated[Path | None, typer.Option("--check", help="Only check this file.")] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="No policy: what passes the checks counts at once.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a policy to begin with.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Show, check or set which registrations an administrator decides. All registries of the domain follow at
    once; entries that are there stay.
    """
    if sum((file is not None, check is not None, clear, example)) > 1:
        raise BadInput("choose one of --set, --check, --clear and --example")
    if example:
        say(EXAMPLE.rstrip())
        return
    if check is not None:
        _show(read_text(check), str(check), json=json)
        return
    text = None if file is None else read_text(file)
    if text is not None:
        _parsed(text, str(file))
    kept = run(_kept(DomainFolder.open(home), "" if clear else text))
    _show(kept, "the registry's policy", json=json)


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
