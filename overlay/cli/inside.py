"""`overlay inside`: how messages between agents of the domain go."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.naming.inside import Inside

app = typer.Typer(help="How messages between agents of the domain go.", rich_markup_mode=None)
_IN_WORDS = {
    Inside.DIRECT: "straight over the broker",
    Inside.GATEWAY: "through the gateway, which applies border policy and caps, and counts them",
}


@app.command()
def show(home: Home = HERE, json: Json = False) -> None:
    """Say how they go."""
    _tell(DomainFolder.open(home), None, json=json)


@app.command("set")
def set_inside(
    way: Annotated[Inside, typer.Argument(help="direct or gateway.")], home: Home = HERE, json: Json = False
) -> None:
    """From now on they go this way: agents hear of it at once, the broker holds them to it."""
    _tell(DomainFolder.open(home), way, json=json)


@app.command()
def clear(home: Home = HERE, json: Json = False) -> None:
    """Straight over the broker again."""
    _tell(DomainFolder.open(home), Inside.DIRECT, json=json)


def _tell(folder: DomainFolder, wanted: Inside | None, *, json: bool) -> None:
    now = run(_ask(folder, wanted))
    if json:
        show_json({"inside": now.value})
    else:
        say(f"Messages between agents of this domain go {_IN_WORDS[now]}.")


async def _ask(folder: DomainFolder, wanted: Inside | None) -> Inside:
    async with operator(folder) as hand:
        return await hand.ca.inside(wanted)
