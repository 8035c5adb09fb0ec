"""`overlay discover`: who can do something."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import show_json, show_table
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.registry.record import Record


def discover(
    skill: Annotated[
        str, typer.Argument(help="A skill, or the beginning of one: network finds network.x too.")
    ],
    everybody: Annotated[bool, typer.Option("--all", help="Also agents that are not online.")] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=1000)] = 20,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Who offers a skill, here and in peered domains; the best first. Exit code 1 when nobody does."""
    found = run(_find(DomainFolder.open(home), skill, limit, everybody))
    if json:
        show_json({"skill": skill, "agents": [_as_dict(record) for record in found]})
    else:
        rows = [_row(record) for record in found]
        show_table(("agent", "state", "skills", "description"), rows, f"Nobody offers {skill!r} now.")
    if not found:
        raise SystemExit(1)


async def _find(folder: DomainFolder, skill: str, limit: int, everybody: bool) -> list[Record]:
    async with operator(folder) as hand:
        found = await hand.registry.find(skill, limit=limit, online=not everybody)
        return [match.record for match in found]


def _row(record: Record) -> tuple[str, ...]:
    skills = ", ".join(skill.id for skill in record.profile.skills)
    return (record.party, record.presence, skills, record.profile.description)


def _as_dict(record: Record) -> dict[str, object]:
    return {
        "agent": record.party,
        "state": record.presence,
        "skills": [skill.id for skill in record.profile.skills],
        "description": record.profile.description,
        "gateway": record.gateway,
        "resource_id": record.resource_id,
    }
