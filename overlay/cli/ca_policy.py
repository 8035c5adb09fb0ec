"""`overlay ca policy`: what the CA accepts, and whether its policy file can be used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.ca.applications.policy import Policy
from overlay.ca.applications.policy_example import EXAMPLE
from overlay.ca.applications.policy_file import read_policy
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table
from overlay.domain.folder import DomainFolder
from overlay.errors import BadInput


def policy(
    file: Annotated[
        Path | None, typer.Option(help="Check this file instead, before it is put in its place.")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a policy to begin with.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Check ca/policy.toml and show what it says. Works with the domain down; changes count at once."""
    if example:
        say(EXAMPLE.rstrip())
        return
    if file is not None and not file.exists():
        raise BadInput(f"{file} is not there: name the policy that is to be checked")
    path = file or DomainFolder.open(home).policy
    found = read_policy(path)
    if json:
        show_json({"file": str(path), "policy": found.model_dump(mode="json") if found else None})
    elif found is None:
        say(f"{path} is not there: whoever holds a join token is accepted, within what the token permits.")
    else:
        _show(path, found)


def _show(path: Path, found: Policy) -> None:
    say(f"{path} can be used.")
    say(f"Organisations that it does not name: {found.unknown}. Others, if not said below: {found.approve}.")
    rules = [
        (
            name or "(none)",
            rule.approve or found.approve,
            rule.days or found.days or "",
            *map(", ".join, lists),
        )
        for name, rule in found.organisations.items()
        for lists in [(rule.qualifications, rule.functions, rule.scopes, rule.skills)]
    ]
    columns = ("organisation", "approve", "days", "qualifications", "functions", "scopes", "skills")
    show_table(columns, rules, "It names no organisation.")
    kinds = [
        (name, rule.approve or "", rule.days or "", ", ".join(rule.scopes))
        for name, rule in found.functions.items()
    ]
    show_table(("function", "approve", "days", "scopes"), kinds, "It names no function type.")
