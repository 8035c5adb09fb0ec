"""`overlay registry requests`, `approve` and `deny`: the registrations that an administrator decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec
import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.registry.registration.client import RegistrationClient
from overlay.registry.registration.protocol import RegistrationInfo

T = TypeVar("T")
Request = Annotated[str, typer.Argument(help="The request's ID, as `overlay registry requests` shows it.")]
_COLUMNS = ("request", "name", "state", "until", "change", "organisation", "skills", "version", "why")


def requests(
    decided: Annotated[
        bool, typer.Option("--all", help="Also those that were decided and not used yet.")
    ] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Registrations that wait for an administrator, who approves or denies them."""
    found = _ask(home, lambda client: client.registrations(decided=decided))
    if json:
        show_json({"requests": [msgspec.to_builtins(item) for item in found]})
    else:
        show_table(_COLUMNS, [_row(item) for item in found], "No registrations wait.")


def approve(request: Request, home: Home = HERE, json: Json = False) -> None:
    """Let an agent in. It asks again by itself, and is entered after all was checked again."""
    item = _ask(home, lambda client: client.approve(request))
    if json:
        show_json(msgspec.to_builtins(item))
    else:
        say(f"approved: {item.name}, request {item.id}; it is entered when it asks again")


def deny(
    request: Request,
    why: Annotated[str, typer.Option(help="The agent is told this.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Do not let an agent in with what it says of itself. It hears why."""
    item = _ask(home, lambda client: client.deny(request, why))
    if json:
        show_json(msgspec.to_builtins(item))
    else:
        say(f"denied: {item.name}, request {item.id}")


def _ask(home: Home, question: Callable[[RegistrationClient], Awaitable[T]]) -> T:
    async def work() -> T:
        async with operator(DomainFolder.open(home)) as hand:
            return await question(RegistrationClient(hand.registry))

    return run(work())


def _row(item: RegistrationInfo) -> tuple[str, ...]:
    skills = ", ".join(skill.id for skill in item.profile.skills)
    said = ("update" if item.update else "new", item.organisation, skills, item.profile.version)
    return (item.id, item.name, item.state, utc(item.until), *said, item.why or ", ".join(item.held))
