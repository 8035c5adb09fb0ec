"""`overlay ca requests`, `approve` and `deny`: the applications that an administrator decides."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from overlay.ca.applications.protocol import Approve, RequestInfo
from overlay.ca.protocol import Status
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator

Request = Annotated[str, typer.Argument(help="The request's ID, as `overlay ca requests` shows it.")]
_COLUMNS = (
    *("request", "name", "state", "until", "organisation", "qualification", "developer", "function"),
    *("skills", "scopes", "why"),
)


def requests(
    decided: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Applications that wait for an administrator, who approves or denies them."""
    found = run(_requests(DomainFolder.open(home), decided=decided))
    if json:
        show_json({"requests": [_as_dict(item) for item in found]})
    else:
        show_table(_COLUMNS, [_row(item) for item in found], "No applications wait.")


def approve(
    request: Request,
    skill: Annotated[
        list[str] | None, typer.Option(help="Grant this skill only, of those applied for. Repeatable.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="Grant this scope only, of those applied for. Repeatable.")
    ] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Grant an application, after all was checked again. The newcomer, who waits, gets its certificate."""
    ask = Approve(request, tuple(skill) if skill else None, tuple(scope) if scope else None)
    made = run(_approve(DomainFolder.open(home), ask))
    if json:
        show_json({"request": request, "name": made.party, "serial": made.serial, "until": made.not_after})
    else:
        say(f"approved: {made.party} may fetch its certificate, serial {made.serial}")


def deny(
    request: Request,
    why: Annotated[str, typer.Option(help="The newcomer is told this.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Deny an application. The newcomer hears why, and its join token is good for nothing else."""
    item = run(_deny(DomainFolder.open(home), request, why))
    if json:
        show_json(_as_dict(item))
    else:
        say(f"denied: {item.name}, request {item.id}")


async def _requests(folder: DomainFolder, *, decided: bool) -> list[RequestInfo]:
    found: list[RequestInfo] = []
    async with operator(folder) as hand:
        after = 0
        while True:
            page = await hand.ca.requests(after, decided=decided)
            found += page.requests
            if not page.next:
                return found
            after = page.next


async def _approve(folder: DomainFolder, ask: Approve) -> Status:
    async with operator(folder) as hand:
        return await hand.ca.approve(ask)


async def _deny(folder: DomainFolder, request: str, why: str) -> RequestInfo:
    async with operator(folder) as hand:
        return await hand.ca.deny(request, why)


def _row(item: RequestInfo) -> tuple[str, ...]:
    said = item.asked
    claims = (said.organisation, said.qualification, said.developer, said.function)
    granted = (", ".join(said.skills), ", ".join(said.scopes))
    return (item.id, item.name, item.state, utc(item.until), *claims, *granted, item.why or item.held)


def _as_dict(item: RequestInfo) -> dict[str, object]:
    told = msgspec.structs.asdict(item)
    return {**told, "asked": msgspec.structs.asdict(item.asked)}
